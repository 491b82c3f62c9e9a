"""Whatever is asked of whatever campaigns: the bids are those that the plain rules allow."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hotpath.campaign import HotCampaign, HotOffer
from tests.hotpath.offers import TODAY, ask, bidder, bids, campaign, offer
from tests.hotpath.rules import suits

SIZES = [(300, 250), (728, 90), (320, 50), (640, 360)]
CATS = ["IAB1", "IAB1-2", "IAB1-20", "IAB18-1", "IAB18"]
DOMAINS = [
    "news.example",
    "m.news.example",
    "example",
    "com.game.app",
    "other.example",
    "snews.example",
]
BRANDS = ["alpine.example", "shop.alpine.example", "pine.example"]
WEIGHTS = st.integers(1, 6).map(lambda n: n * 500_000)


def some(values, size=2):
    return st.lists(st.sampled_from(values), max_size=size, unique=True)


def rarely(*values):
    """One value in a list, or more often none: with every rule in force nothing would bid."""
    return st.sampled_from([[]] * 3 * len(values) + [[value] for value in values])


creatives = st.sampled_from(
    [
        {"creative_url": "https://cdn.example/a.jpg"},
        {"creative_url": "https://cdn.example/b.jpg"},
        {"creative_url": "http://cdn.example/a.jpg"},
        {"creative_url": "https://cdn.example/a.mp4"},
        {"creative_url": "https://cdn.example/a.mp3"},
        {"creative_url": "", "markup": "<b>boots</b>"},
        {"creative_url": "", "markup": "<img src='http://cdn.example/b.png'>"},
    ]
)


@st.composite
def offers(draw) -> HotOffer:
    w, h = draw(st.sampled_from([(0, 0), *SIZES]))
    return offer(
        w=w,
        h=h,
        adomain=[draw(st.sampled_from(BRANDS))],
        cat=draw(some(CATS)),
        attr=draw(some([1, 2, 3])),
        bid_cpm_micros=draw(WEIGHTS),
        **draw(creatives),
    )


@st.composite
def live(draw) -> list[HotCampaign]:
    made = []
    for number in range(draw(st.integers(2, 4))):
        held = draw(st.lists(offers(), min_size=1, max_size=3))
        named = [
            HotOffer(**{f: getattr(one, f) for f in one.__struct_fields__} | {"id": f"o{place}"})
            for place, one in enumerate(held)
        ]
        made.append(
            campaign(
                *named,
                campaign=f"c{number}",
                currency=draw(st.sampled_from(["USD", "USD", "EUR"])),
                channels=draw(st.sampled_from([[], [], ["display"], ["video", "email"], ["sms"]])),
                geo=draw(rarely("USA", "DEU")),
                devices=draw(rarely("mobile", "desktop")),
                segments=draw(rarely("auto", "golf")),
                sizes=draw(st.sampled_from([[], [], [(300, 250)], [(728, 90), (320, 50)]])),
                domains_allow=draw(rarely("news.example", "com.game.app")),
                domains_block=draw(rarely(*DOMAINS)),
                daily_exhausted_on=draw(st.sampled_from(["", "", "", TODAY, "2027-01-14"])),
            )
        )
    return made


sizes = st.sampled_from(SIZES)
battr = st.fixed_dictionaries({}, optional={"battr": some([1, 2, 3])})


@st.composite
def imps(draw, name: str) -> dict:
    made = {"id": name}
    media = draw(st.sets(st.sampled_from(["banner", "video", "audio"]), min_size=1, max_size=2))
    if "banner" in media:
        w, h = draw(sizes)
        formats = [{"w": fw, "h": fh} for fw, fh in draw(st.lists(sizes, max_size=2))]
        made["banner"] = draw(st.sampled_from([{}, {}, {"w": w, "h": h}])) | draw(battr)
        made["banner"] |= {"format": formats} if formats else {}
    if "video" in media:
        w, h = draw(sizes)
        made["video"] = draw(
            st.sampled_from(
                [{}, {"w": w, "h": h, "mimes": ["video/mp4"]}, {"mimes": ["video/webm"]}]
            )
        )
        made["video"] = made["video"] | draw(battr)
    if "audio" in media:
        made["audio"] = draw(st.sampled_from([{}, {"mimes": ["audio/mpeg"], "protocols": [9]}]))
    money = {
        "bidfloor": st.sampled_from([0, 0.5, 1, 1.5, 2.000001, 2.5]),
        "bidfloorcur": st.sampled_from(["USD", "EUR"]),
        "secure": st.sampled_from([0, 1]),
    }
    return made | draw(st.fixed_dictionaries({}, optional=money))


@st.composite
def requests(draw) -> dict:
    made = {"id": "r", "imp": [draw(imps(f"i{n}")) for n in range(draw(st.integers(1, 3)))]}
    domain = {"domain": draw(st.sampled_from(DOMAINS))}
    made |= draw(
        st.sampled_from([{}, {"site": domain}, {"app": domain | {"bundle": "com.game.app"}}])
    )
    rules = {
        "bcat": some(["IAB1", "IAB1-2", "IAB18", "IAB9"]),
        "badv": some([*BRANDS, "example"]),
        "cur": st.sampled_from([["USD"], ["EUR"], ["GBP"], ["EUR", "USD"]]),
        "wseat": st.sampled_from([[], ["acme"], ["other", "acme"], ["other"]]),
        "bseat": rarely("acme", "other"),
        "regs": st.sampled_from([{"gdpr": 1}, {"gdpr": 0}]),
        "device": st.fixed_dictionaries(
            {},
            optional={
                "devicetype": st.sampled_from([1, 2, 3, 4]),
                "geo": st.fixed_dictionaries({"country": st.sampled_from(["USA", "DEU", "FRA"])}),
            },
        ),
        "user": st.fixed_dictionaries(
            {"data": st.just([{"segment": [{"id": "auto"}]}])},
            optional={"consent": st.just("CQ")},
        ),
    }
    return made | draw(st.fixed_dictionaries({}, optional=rules))


def suitable(campaigns, request, imp, currency) -> set[tuple[str, str]]:
    return {
        (one.campaign, each.id)
        for one in campaigns
        for each in one.offers
        if suits(one, each, request, imp, currency)
    }


@settings(max_examples=250, deadline=None)
@given(live(), requests())
def test_bids_are_exactly_those_that_the_plain_rules_allow(campaigns, request):
    answer = ask(bidder(*campaigns), request)
    allowed = {
        currency: {one["id"]: suitable(campaigns, request, one, currency) for one in request["imp"]}
        for currency in request.get("cur") or ["USD"]
    }
    currency = next((name for name in allowed if any(allowed[name].values())), None)
    if currency is None:
        assert answer.status == 204
        return
    made = {bid["impid"]: (bid["cid"], bid["adid"]) for bid in bids(answer)}
    assert set(made) == {impid for impid, found in allowed[currency].items() if found}
    assert all(made[impid] in allowed[currency][impid] for impid in made)


@settings(max_examples=80, deadline=None)
@given(live(), requests())
def test_an_answer_repeats_nothing_and_logs_each_bid_once(campaigns, request):
    answer = ask(bidder(*campaigns), request)
    assert len(answer.rows) == (len(bids(answer)) if answer.status == 200 else 1)
    if answer.status == 200:
        ids = [bid["id"] for bid in bids(answer)]
        assert len(ids) == len(set(ids))
