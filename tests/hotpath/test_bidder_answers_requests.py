import json

import pytest

from hotpath.facts import decode_row
from hotpath.index import Index
from hotpath.ports import Bidder, Exchange
from hotpath.provider import CpuProvider, Ranker
from tests.hotpath.offers import (
    AUDIO,
    EXCHANGE,
    NOON_S,
    TODAY,
    TOKENS,
    VIDEO,
    ask,
    bidder,
    bids,
    campaign,
    imp,
    offer,
    only_bid,
    reason,
    request,
)

MS = 1_000_000


def test_a_bid_says_all_that_an_exchange_needs():
    bid = only_bid(ask(bidder(campaign()), request()))
    assert bid["impid"] == "1"
    assert bid["price"] == 2.5
    assert (bid["adid"], bid["crid"], bid["cid"]) == ("boots", "boots", "c1")
    assert (bid["adomain"], bid["cat"], bid["mtype"]) == (["alpine.example"], ["IAB18-1"], 1)
    assert (bid["w"], bid["h"]) == (300, 250)
    for name, kind in (("nurl", "win"), ("burl", "bill"), ("lurl", "loss")):
        assert bid[name].startswith(f"https://hot.example/v1/n/{kind}?b=")
        assert "&p=${AUCTION_PRICE}" in bid[name]
    assert bid["lurl"].endswith("&r=${AUCTION_LOSS}")


def test_a_response_names_request_seat_and_currency():
    answer = ask(bidder(campaign(currency="EUR")), request(cur=["EUR"]))
    said = json.loads(answer.body)
    assert (said["id"], said["cur"], said["seatbid"][0]["seat"]) == ("r1", "EUR", "acme")
    assert said["bidid"] == said["seatbid"][0]["bid"][0]["id"]


def test_the_token_in_every_url_tells_the_whole_bid():
    bid = only_bid(ask(bidder(campaign()), request()))
    token = TOKENS.read(bid["burl"].partition("b=")[2].partition("&")[0])
    assert token is not None
    assert (token.tenant, token.campaign, token.offer) == ("acme", "c1", "boots")
    assert (token.bid_id, token.imp_id, token.exchange) == (bid["id"], "1", "northern")
    assert (token.currency, token.bid_cpm_micros) == ("USD", 2_500_000)
    assert token.issued_at_s == NOON_S


def test_each_bid_is_logged_as_one_row():
    answer = ask(bidder(campaign(), passed_ns=90_000), request())
    (row,) = map(decode_row, answer.rows)
    bid = only_bid(answer)
    assert (row.kind, row.tenant, row.campaign, row.offer) == ("bid", "acme", "c1", "boots")
    assert (row.bid_id, row.event_id.hex()) == (bid["id"], bid["id"])
    assert (row.request_id, row.imp_id, row.exchange) == ("r1", "1", "northern")
    assert (row.price_cpm_micros, row.currency, row.amount_micros) == (2_500_000, "USD", 0)
    assert (row.latency_us, row.reason, row.at_us) == (90, "", NOON_S * 1_000_000)
    detail = json.loads(row.detail)
    assert (detail["model"], detail["index"], detail["medium"]) == ("prior-1", 7, "banner")


def test_further_bids_of_a_request_are_marked_so_that_it_counts_once():
    answer = ask(bidder(campaign()), request(imp=[imp(id="1"), imp(id="2"), imp(id="3")]))
    assert [decode_row(row).reason for row in answer.rows] == ["", "more", "more"]
    assert [bid["impid"] for bid in bids(answer)] == ["1", "2", "3"]


def test_a_request_without_a_bid_is_logged_with_its_reason():
    answer = ask(bidder(campaign(geo=["DEU"]), passed_ns=5_000), request())
    assert (answer.status, answer.body, answer.headers) == (204, b"", b"x-nbr: 503\r\n")
    (row,) = map(decode_row, answer.rows)
    assert (row.kind, row.reason, row.latency_us) == ("no_bid", "geo", 5)
    assert (row.tenant, row.request_id, row.exchange) == ("acme", "r1", "northern")


def test_what_is_no_bid_request_is_answered_400_and_logs_nothing():
    answer = ask(bidder(campaign()), b'{"id":"1"}')
    assert (answer.status, answer.rows) == (400, [])
    assert answer.reason == "/imp: required"


def test_the_offer_worth_most_wins_at_its_own_price():
    cheap, dear = offer(id="cheap", bid_cpm_micros=900_000), offer(id="dear")
    answer = ask(bidder(campaign(cheap, dear)), request(at=2))
    bid = only_bid(answer)
    assert (bid["adid"], bid["price"]) == ("dear", 2.5)


def test_an_offer_that_suits_the_page_wins_from_an_equal_one():
    running = offer(id="running", name="Running shoes", cat=["IAB17-1"])
    garden = offer(id="garden", name="Garden chairs", cat=["IAB10-4"])
    for cat, winner in (("IAB17-1", "running"), ("IAB10-4", "garden")):
        asked = request(site={"domain": "news.example", "cat": [cat]})
        assert only_bid(ask(bidder(campaign(garden, running)), asked))["adid"] == winner


@pytest.mark.parametrize(
    ("changed_campaign", "changed_request", "expected"),
    [
        ({}, {"imp": [imp(banner=None, audio={})]}, "media"),
        ({"channels": ["video"]}, {}, "media"),
        ({}, {"imp": [imp(banner={"w": 1, "h": 1})]}, "size"),
        ({"geo": ["DEU"]}, {}, "geo"),
        ({"devices": ["tablet"]}, {}, "device"),
        ({"domains_block": ["news.example"]}, {}, "domain"),
        ({"domains_allow": ["sport.example"]}, {}, "domain"),
        ({}, {"bcat": ["IAB18"]}, "category"),
        ({}, {"badv": ["alpine.example"]}, "advertiser"),
        ({"currency": "EUR"}, {}, "currency"),
        ({"currency": "EUR"}, {"cur": ["USD", "GBP"]}, "currency"),
        ({}, {"imp": [imp(bidfloor=1, bidfloorcur="EUR")]}, "currency"),
        ({}, {"imp": [imp(bidfloor=2.500001)]}, "floor"),
        ({}, {"imp": [imp(bidfloor="1e400")]}, "floor"),
        ({}, {"imp": [imp(bidfloor="NaN")]}, "floor"),
        ({"starts_at": NOON_S + 1}, {}, "schedule"),
        ({"ends_at": NOON_S}, {}, "schedule"),
        ({"daily_exhausted_on": TODAY}, {}, "schedule"),
        ({}, {"wseat": ["other"]}, "seat"),
        ({}, {"bseat": ["acme"]}, "seat"),
        ({"segments": ["auto"]}, {}, "segment"),
        ({}, {"tmax": 20}, "timeout"),
        ({}, {"tmax": 1}, "timeout"),
    ],
)
def test_the_reason_is_the_stage_where_the_last_offer_fell(
    changed_campaign, changed_request, expected
):
    answer = ask(bidder(campaign(**changed_campaign)), request(**changed_request))
    assert reason(answer) == expected


def test_insecure_and_attributed_offers_fall_at_their_own_stage():
    insecure = campaign(offer(creative_url="http://cdn.alpine.example/a.jpg"))
    assert reason(ask(bidder(insecure), request(imp=[imp(secure=1)]))) == "secure"
    flashing = campaign(offer(attr=[6, 10]))
    blocked = request(imp=[imp(banner={"w": 300, "h": 250, "battr": [10]})])
    assert reason(ask(bidder(flashing), blocked)) == "attribute"


def test_of_several_impressions_the_one_that_came_furthest_gives_the_reason():
    odd, dear = imp(id="1", banner={"w": 1, "h": 1}), imp(id="2", bidfloor=99)
    assert reason(ask(bidder(campaign()), request(imp=[dear, odd]))) == "floor"
    assert reason(ask(bidder(campaign()), request(imp=[odd, dear]))) == "floor"


@pytest.mark.parametrize("floor", [2.5, "2.5", 2.4999999, 0, -1, "-1e400", "1e-400"])
def test_a_floor_is_met_by_an_equal_bid(floor):
    assert only_bid(ask(bidder(campaign()), request(imp=[imp(bidfloor=floor)])))


def test_only_the_tenants_own_campaigns_bid():
    other = bidder(campaign(tenant="other"))
    assert reason(ask(other, request())) == "no_campaigns"
    assert only_bid(ask(other, request(), exchange=Exchange("other", "northern")))


def test_a_bidder_is_loaded_once_it_has_an_index_even_an_empty_one():
    empty = bidder()
    assert isinstance(empty, Bidder)
    assert empty.loaded
    assert reason(ask(empty, request())) == "no_campaigns"


def test_a_new_index_replaces_the_old_one_whole():
    held = bidder(campaign(offer(id="old")))
    assert only_bid(ask(held, request()))["adid"] == "old"
    held.load(Index([campaign(offer(id="new", bid_cpm_micros=1_000_000))], position=9))
    bid = only_bid(ask(held, request()))
    assert (bid["adid"], bid["price"], held.position) == ("new", 1, 9)


def test_an_answer_that_would_be_late_is_no_bid():
    asked = request(tmax=100)
    assert only_bid(ask(bidder(campaign(), passed_ns=79 * MS), asked))
    assert reason(ask(bidder(campaign(), passed_ns=80 * MS), asked)) == "timeout"


@pytest.mark.parametrize("tmax", [None, 0, -5])
def test_without_a_tmax_there_is_no_hurry(tmax):
    assert only_bid(ask(bidder(campaign(), passed_ns=900 * MS), request(tmax=tmax)))


def test_a_test_request_is_answered_but_cannot_cost_money():
    answer = ask(bidder(campaign()), request(test=1))
    bid = only_bid(answer)
    assert not {"nurl", "burl", "lurl"} & set(bid)
    assert "hot.example" not in bid["adm"]
    assert "https://www.alpine.example/boots?season=spring" in bid["adm"]
    assert json.loads(decode_row(answer.rows[0]).detail)["test"] == 1


def test_the_first_currency_that_anything_bids_in_is_the_responses():
    euro, dollar = campaign(campaign="c1", currency="EUR"), campaign(campaign="c2")
    asked = request(cur=["GBP", "EUR", "USD"], imp=[imp(id="1"), imp(id="2")])
    answer = ask(bidder(euro, dollar), asked)
    assert json.loads(answer.body)["cur"] == "EUR"
    assert {bid["cid"] for bid in bids(answer)} == {"c1"}


def test_a_blocked_category_takes_its_subcategories_along_but_not_its_parent():
    parent, child = campaign(offer(cat=["IAB18"])), campaign(offer(cat=["IAB18-1"]))
    assert reason(ask(bidder(child), request(bcat=["IAB18"]))) == "category"
    assert only_bid(ask(bidder(parent), request(bcat=["IAB18-1"])))
    assert only_bid(ask(bidder(campaign(offer(cat=["IAB1"]))), request(bcat=["IAB18", "IAB11"])))


def test_an_advertiser_is_known_by_its_landing_page_when_it_names_no_domain():
    unnamed = campaign(offer(adomain=[], landing_url="https://www.alpine.example/boots"))
    assert reason(ask(bidder(unnamed), request(badv=["alpine.example"]))) == "advertiser"
    assert only_bid(ask(bidder(unnamed), request()))["adomain"] == ["www.alpine.example"]


@pytest.mark.parametrize(
    "place",
    [
        {"site": {"domain": "m.news.example"}},
        {"site": {"domain": "NEWS.example."}},
        {"site": {"page": "https://m.news.example:8443/today?x=1"}},
        {"site": None, "app": {"bundle": "news.example"}},
        {"site": None, "app": {"domain": "www.news.example", "bundle": "com.x"}},
    ],
)
def test_a_listed_domain_covers_what_lies_under_it_and_bundles(place):
    blocked, allowed = (
        campaign(domains_block=["news.example"]),
        campaign(domains_allow=["news.example"]),
    )
    assert reason(ask(bidder(blocked), request(**place))) == "domain"
    assert only_bid(ask(bidder(allowed), request(**place)))


def test_a_domain_that_only_ends_alike_is_another_one():
    blocked = campaign(domains_block=["news.example"])
    assert only_bid(ask(bidder(blocked), request(site={"domain": "fakenews.example"})))


@pytest.mark.parametrize(
    ("device", "suits"),
    [
        ({"devicetype": 4}, True),
        ({"devicetype": 1}, True),
        ({"devicetype": 5}, False),
        ({"ua": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148"}, True),
        ({"ua": "Mozilla/5.0 (Linux; Android 14; CUBOT P80) Chrome/126 Mobile Safari/537"}, True),
        ({"ua": "Mozilla/5.0 (Linux; Android 13; SM-X200) Chrome/126 Safari/537"}, False),
        ({"ua": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"}, False),
        ({}, False),
        (None, False),
    ],
)
def test_a_device_is_known_by_its_type_or_else_its_user_agent(device, suits):
    answer = ask(bidder(campaign(devices=["phone"])), request(device=device))
    assert (answer.status == 200) is suits


@pytest.mark.parametrize(("country", "suits"), [("USA", True), ("us", True), ("DEU", False)])
def test_a_country_is_read_in_three_letters_or_two(country, suits):
    asked = request(device={"geo": {"country": country}})
    assert (ask(bidder(campaign(geo=["USA"])), asked).status == 200) is suits


def test_segments_count_only_where_user_data_may_be_used():
    auto = bidder(campaign(segments=["auto", "golf"]))
    user = {"data": [{"segment": [{"id": "auto"}]}]}
    assert only_bid(ask(auto, request(user=user)))
    assert reason(ask(auto, request(user=user, regs={"gdpr": 1}))) == "segment"
    assert only_bid(ask(auto, request(user=user | {"consent": "CQ"}, regs={"gdpr": 1})))


def test_an_offer_without_a_size_is_served_at_the_first_its_campaign_wants():
    formats = [{"w": 728, "h": 90}, {"w": 300, "h": 250}]
    asked = request(imp=[imp(banner={"format": formats})])
    anything, only_small = offer(w=0, h=0), [(300, 250)]
    bid = only_bid(ask(bidder(campaign(anything)), asked))
    assert (bid["w"], bid["h"]) == (728, 90)
    bid = only_bid(ask(bidder(campaign(anything, sizes=only_small)), asked))
    assert (bid["w"], bid["h"]) == (300, 250)
    nowhere = campaign(anything, sizes=[(1, 1)])
    assert reason(ask(bidder(nowhere), asked)) == "size"


def test_an_offer_whose_size_its_campaign_does_not_want_is_never_shown():
    strange = bidder(campaign(offer(w=300, h=250), sizes=[(728, 90)]))
    for banner in ({}, {"w": 300, "h": 250}, {"w": 728, "h": 90}):
        assert reason(ask(strange, request(imp=[imp(banner=banner)]))) == "size"


@pytest.mark.parametrize(
    ("player", "suits"),
    [
        ({}, True),
        ({"mimes": ["VIDEO/MP4"], "protocols": [2, 3], "w": 640, "h": 360}, True),
        ({"mimes": ["video/webm"]}, False),
        ({"protocols": [5, 6]}, False),
        ({"minduration": 5, "maxduration": 30}, True),
        ({"minduration": 16, "maxduration": 30}, False),
        ({"maxduration": 10}, False),
        ({"w": 320, "h": 180}, False),
    ],
)
def test_a_video_plays_where_type_protocol_length_and_player_allow(player, suits):
    spot = offer(w=640, h=360, creative_url="https://cdn.alpine.example/boots.mp4#t=0,15")
    answer = ask(bidder(campaign(spot)), request(imp=[{"id": "1", "video": player}]))
    assert (answer.status == 200) is suits
    if suits:
        assert only_bid(answer)["mtype"] == 2


def test_audio_is_bid_for_audio_only():
    radio = bidder(campaign(offer(**AUDIO)))
    asked = {"id": "1", "audio": {"mimes": ["audio/mp3"], "protocols": [2, 9]}}
    assert only_bid(ask(radio, request(imp=[asked])))["mtype"] == 3
    assert reason(ask(radio, request(imp=[{"id": "1", "video": {}}]))) == "media"


def test_an_impression_with_several_media_takes_the_best_of_all():
    both = campaign(offer(id="banner"), offer(id="spot", bid_cpm_micros=9_000_000, **VIDEO))
    asked = imp(video={"mimes": ["video/mp4"]})
    bid = only_bid(ask(bidder(both), request(imp=[asked])))
    assert (bid["adid"], bid["mtype"]) == ("spot", 2)


def test_a_thousand_impressions_are_answered_one_bid_each():
    sizes = [{"w": 1 + n, "h": 250} for n in range(999)]
    asked = [imp(id=str(n), banner={"format": [size]}) for n, size in enumerate(sizes)]
    asked.append(imp(id="last", bidfloor=0.5))
    answer = ask(bidder(campaign(offer(w=0, h=0), offer(id="fixed"))), request(imp=asked))
    assert len(bids(answer)) == len(answer.rows) == 1000


def test_sizes_beyond_any_screen_are_no_trouble():
    huge = 10**30
    video = {"id": "1", "video": {"w": huge, "h": huge, "maxduration": huge}}
    assert only_bid(ask(bidder(campaign(offer(**VIDEO))), request(imp=[video])))
    asked = request(imp=[imp(banner={"w": huge, "h": huge})])
    assert reason(ask(bidder(campaign()), asked)) == "size"


@pytest.mark.parametrize("name", ['quote"d', "back\\slash", "ünï¢ödé", "</script>", "new\nline"])
def test_ids_come_back_as_they_were_sent(name):
    answer = ask(bidder(campaign()), request(id=name, imp=[imp(id=name)]), exchange=EXCHANGE)
    assert json.loads(answer.body)["id"] == name
    assert only_bid(answer)["impid"] == name
    assert decode_row(answer.rows[0]).imp_id == name


class OnlyChances(CpuProvider):
    """A provider that says how likely each click is, and leaves the choice to us."""

    best = None


def test_a_provider_that_does_not_rank_gets_the_same_bids():
    dear, suiting = offer(id="dear", cat=["IAB3"]), offer(id="suiting", bid_cpm_micros=2_400_000)
    asked = request(site={"domain": "news.example", "cat": ["IAB18-1"]})
    assert not isinstance(OnlyChances(), Ranker)
    ranked, listed = (
        ask(bidder(campaign(dear, suiting), provider=provider), asked)
        for provider in (CpuProvider(), OnlyChances())
    )
    assert only_bid(ranked)["crid"] == "suiting"
    assert ranked == listed
