import pytest

from hotpath.index import Index, TenantIndex, parent_domains
from hotpath.index_countries import ALPHA_3
from hotpath.index_media import creative_of
from hotpath.index_rules import EVERYTHING, ROOM
from tests.hotpath.offers import NOON_S, TODAY, campaign, offer

DAY_S = 86_400


def alive(held: TenantIndex, pick: int) -> set[int]:
    words = held.predicates.bits[pick]
    return {row for row in range(len(held.rows)) if int(words[row // 64]) >> (row % 64) & 1}


def test_offers_stand_dearest_first_and_each_tenant_apart():
    cheap, dear = offer(id="cheap", bid_cpm_micros=1), offer(id="dear")
    index = Index([campaign(cheap, dear), campaign(tenant="other")], position=3)
    assert [row.offer.id for row in index.tenants["acme"].rows] == ["dear", "cheap"]
    assert len(index.tenants["other"].rows) == 1


def test_a_floor_lets_the_leading_offers_through():
    held = TenantIndex([campaign(*(offer(id=str(n), bid_cpm_micros=n) for n in range(1, 101)))])
    assert len(alive(held, held.floor_pick(41))) == 60
    assert len(alive(held, held.floor_pick(100))) == 1
    assert alive(held, held.floor_pick(101)) == set()
    assert held.floor_pick(1) == EVERYTHING


def test_the_schedule_opens_and_closes_on_the_second():
    held = TenantIndex(
        [
            campaign(offer(id="a", bid_cpm_micros=2), starts_at=NOON_S, ends_at=NOON_S + 5),
            campaign(offer(id="b", bid_cpm_micros=1), daily_exhausted_on=TODAY),
        ]
    )
    tomorrow = NOON_S - NOON_S % DAY_S + DAY_S
    seen = [alive(held, held.schedule_pick(now)) for now in (NOON_S - 1, NOON_S, NOON_S + 4)]
    assert seen == [set(), {0}, {0}]
    assert alive(held, held.schedule_pick(NOON_S + 5)) == set()
    assert alive(held, held.schedule_pick(tomorrow)) == {1}
    assert alive(held, held.schedule_pick(NOON_S)) == {0}


def test_a_spent_day_opens_at_the_second_that_the_row_tells():
    held = TenantIndex([campaign(daily_exhausted_on=TODAY, daily_exhausted_until=NOON_S + 60)])
    seen = [alive(held, held.schedule_pick(NOON_S + after)) for after in (0, 59, 60, 61)]
    assert seen == [set(), set(), {0}, {0}]


def test_a_schedule_without_edges_ahead_stays_as_it_is():
    held = TenantIndex([campaign(ends_at=NOON_S)])
    assert alive(held, held.schedule_pick(NOON_S)) == set()
    assert alive(held, held.schedule_pick(NOON_S + 400 * DAY_S)) == set()


def test_remembered_combinations_are_bounded_between_requests():
    held = TenantIndex([campaign()])
    for w in range(1, 3 * ROOM):
        held.player_pick(w, 100)
    grown = len(held.predicates.bits)
    held.predicates.between_requests()
    for w in range(1, 3 * ROOM):
        pick = held.player_pick(w, 300)
        assert alive(held, pick) == ({0} if w >= 300 else set())
    assert len(held.predicates.bits) == grown


def test_a_combination_is_made_once():
    held = TenantIndex([campaign(offer(id="a")), campaign(offer(id="b", w=728, h=90))])
    first = held.sizes.pick([(300, 250), (728, 90)])
    assert held.sizes.pick([(300, 250), (728, 90), (1, 1)]) == first
    assert alive(held, first) == {0, 1}


@pytest.mark.parametrize(
    ("changed", "media"),
    [
        ({}, {"banner", "native"}),
        ({"creative_url": "https://a.example/A.PNG?size=2#top"}, {"banner", "native"}),
        ({"creative_url": "https://a.example/image/123"}, {"banner", "native"}),
        ({"creative_url": "https://a.example/ad.html"}, {"banner"}),
        ({"markup": "<b>x</b>", "creative_url": ""}, {"banner"}),
        ({"creative_url": "https://a.example/a.webm?x"}, {"video"}),
        ({"creative_url": "https://a.example/a.mov"}, {"video"}),
        ({"creative_url": "https://a.example/a.ogg"}, {"audio"}),
        ({"creative_url": "https://a.example/a.wav"}, {"audio"}),
        ({"markup": ' <?xml version="1.0"?>\n<VAST version="4.2"></VAST>'}, {"video"}),
        ({"markup": '<VAST version="2.0"><MediaFile type="audio/mpeg"/></VAST>'}, {"audio"}),
    ],
)
def test_an_offer_fills_the_media_its_creative_says(changed, media):
    assert creative_of(campaign(), offer(**changed)).media == media


@pytest.mark.parametrize(
    ("channels", "media"),
    [
        (["display", "email"], {"banner", "native"}),
        (["Native"], {"native"}),
        (["video"], set()),
        (["email", "push"], {"banner", "native"}),
    ],
)
def test_channels_restrict_media_only_when_they_name_one(channels, media):
    assert creative_of(campaign(channels=channels), offer()).media == media


@pytest.mark.parametrize(
    ("markup", "protocol"),
    [
        ('<VAST version="3.0"><Ad><InLine/></Ad></VAST>', {3}),
        ('<VAST version="2.0.1"><Ad><Wrapper></Wrapper></Ad></VAST>', {5}),
        ("<VAST xmlns:x='y' version='4.2'></VAST>", {13}),
        ('<VAST version="4.0"></VAST>', {7}),
        ("<VAST></VAST>", set()),
    ],
)
def test_a_vast_tells_which_protocol_it_speaks(markup, protocol):
    assert creative_of(campaign(), offer(markup=markup)).protocols == protocol


def test_a_domain_lies_under_all_its_parents():
    assert parent_domains("a.b.example") == ("a.b.example", "b.example", "example")


def test_every_country_has_both_codes():
    assert len(ALPHA_3) == len(set(ALPHA_3.values())) == 250
    assert all(len(two) == 2 and len(three) == 3 for two, three in ALPHA_3.items())
