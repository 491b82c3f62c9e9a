"""The real bidder behind the real server and log, spoken to as an exchange does."""

import html
import json
import re
from urllib.parse import urlsplit

import pytest

from hotpath.bidder import CampaignBidder
from hotpath.index import Index
from hotpath.provider import CpuProvider
from hotpath.token import Tokens
from tests.hotpath.offers import VIDEO, campaign, imp, offer
from tests.hotpath.offers import request as asked
from tests.hotpath.wire import EXCHANGE_KEY, SECRET, RunningWorker, ask, facts, get, request

pytestmark = pytest.mark.engines


@pytest.fixture(scope="module")
def hot(nats_url):
    bidder = CampaignBidder(
        tokens=Tokens(SECRET), hot_url="http://hot.example", provider=CpuProvider()
    )
    bidder.load(Index([campaign(offer(), offer(id="spot", **VIDEO))], position=1))
    with RunningWorker(nats_url, bidder=bidder) as worker:
        yield worker.ready()


def bid(hot, body: dict | bytes, *headers: str, key=EXCHANGE_KEY):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = ["Content-Type: application/json", *headers]
    return ask(hot.port, request(f"/v1/bid?k={key}", "POST", headers=headers, body=raw))


def followed(hot, url: str):
    parts = urlsplit(url)
    return get(hot.port, f"{parts.path}?{parts.query}")


def test_a_request_that_suits_is_bid_on_and_the_version_echoed(hot):
    response = bid(hot, asked(), "X-Openrtb-Version: 2.6")
    assert (response.status, response.headers["x-openrtb-version"]) == (200, "2.6")
    assert json.loads(response.body)["seatbid"][0]["bid"][0]["crid"] == "boots"


def test_a_request_that_suits_nobody_is_204_with_a_code(hot):
    response = bid(hot, asked(imp=[imp(banner={"w": 1, "h": 1})]))
    assert (response.status, response.headers["x-nbr"]) == (204, "502")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"id":', "not JSON"),
        (b'{"imp":[{"id":"1"}]}', "/id: required"),
        (b'{"id":"1"}', "/imp: required"),
        (b'{"id":"1","imp":[]}', "/imp"),
        (json.dumps(asked(imp=[imp(id=str(n)) for n in range(1001)])).encode(), "at most 1000"),
    ],
)
def test_what_is_no_bid_request_is_a_problem_that_says_why(hot, body, said):
    response = bid(hot, body)
    assert response.status == 400
    assert said in response.problem["detail"]


def test_unknown_fields_are_no_reason_to_refuse(hot):
    assert bid(hot, asked(future={"x": 1}, ext={"y": []})).status == 200


def test_a_thousand_impressions_are_answered(hot):
    response = bid(hot, asked(imp=[imp(id=str(n)) for n in range(1000)]))
    assert len(json.loads(response.body)["seatbid"][0]["bid"]) == 1000


def test_two_megabytes_are_too_many(hot):
    assert bid(hot, asked(padding="x" * 2_000_000)).status == 413


@pytest.mark.parametrize("key", ["", "wrong", "sk-acme"])
def test_a_wrong_key_bids_nothing(hot, key):
    assert bid(hot, asked(), key=key).status == 401


def test_every_url_that_is_handed_out_is_understood(hot, nats_url):
    made = json.loads(bid(hot, asked(id="cycle")).body)["seatbid"][0]["bid"][0]
    for name in ("nurl", "burl"):
        assert followed(hot, made[name].replace("${AUCTION_PRICE}", "2.5")).status == 200
    lost = made["lurl"].replace("${AUCTION_PRICE}", "3").replace("${AUCTION_LOSS}", "102")
    assert followed(hot, lost).status == 200
    click, seen = (
        html.unescape(re.search(rf'"([^"]*/v1/n/{kind}[^"]*)"', made["adm"])[1])
        for kind in ("click", "imp")
    )
    assert followed(hot, seen.replace("${AUCTION_PRICE}", "2.5")).status == 200
    landed = followed(hot, click)
    assert landed.status == 302
    assert landed.headers["location"].startswith("https://www.alpine.example/boots?season=spring")
    assert "bannerTag=c1" in landed.headers["location"]

    rows = [row for row in facts(nats_url) if row.bid_id == made["id"]]
    assert sorted(row.kind for row in rows) == ["bid", "bill", "bill", "click", "loss", "win"]
    bills = [row for row in rows if row.kind == "bill"]
    assert {row.amount_micros for row in bills} == {2_500}
    assert len({row.event_id for row in bills}) == 1
