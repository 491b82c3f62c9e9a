"""Campaigns and requests that tests start from and change in one respect."""

import json
from itertools import count
from typing import Any

from hotpath.bidder import CampaignBidder
from hotpath.campaign import HotCampaign, HotOffer
from hotpath.facts import decode_row
from hotpath.index import Index
from hotpath.ports import Answer, Exchange
from hotpath.provider import CpuProvider, Provider
from hotpath.token import Tokens

NOON_S = 1_800_014_400  # 2027-01-15 12:00 UTC
TODAY = "2027-01-15"
HOT_URL = "https://hot.example"
EXCHANGE = Exchange("acme", "northern")
TOKENS = Tokens(b"a secret for tests, 32 bytes long")


def offer(**changed: Any) -> HotOffer:
    fields = {
        "id": "boots",
        "name": "Spring boots",
        "w": 300,
        "h": 250,
        "markup": "",
        "creative_url": "https://cdn.alpine.example/boots.jpg",
        "landing_url": "https://www.alpine.example/boots?season=spring",
        "adomain": ["alpine.example"],
        "cat": ["IAB18-1"],
        "attr": [],
        "bid_cpm_micros": 2_500_000,
    }
    return HotOffer(**fields | changed)


VIDEO = {"w": 0, "h": 0, "creative_url": "https://cdn.alpine.example/boots.mp4"}
AUDIO = {"w": 0, "h": 0, "creative_url": "https://cdn.alpine.example/boots.mp3"}


def campaign(*offers: HotOffer, **changed: Any) -> HotCampaign:
    fields = {
        "tenant": "acme",
        "campaign": "c1",
        "currency": "USD",
        "channels": [],
        "starts_at": 0,
        "ends_at": 0,
        "geo": [],
        "devices": [],
        "segments": [],
        "sizes": [],
        "domains_allow": [],
        "domains_block": [],
        "offers": list(offers) or [offer()],
        "daily_exhausted_on": "",
        "position": 7,
    }
    return HotCampaign(**fields | changed)


def bidder(
    *campaigns: HotCampaign,
    now_s: int = NOON_S,
    passed_ns: int = 90_000,
    provider: Provider | None = None,
) -> CampaignBidder:
    """Return a bidder whose bytes count up and whose clocks stand still."""
    numbers = count(1)
    made = CampaignBidder(
        tokens=TOKENS,
        hot_url=HOT_URL,
        provider=provider or CpuProvider(),
        entropy=lambda size: b"".join(next(numbers).to_bytes(16, "big") for _ in range(size // 16)),
        monotonic_ns=lambda: passed_ns,
        wall_ns=lambda: now_s * 1_000_000_000,
    )
    made.load(Index(campaigns, position=7))
    return made


def request(**changed: Any) -> dict[str, Any]:
    return {
        "id": "r1",
        "imp": [{"id": "1", "banner": {"w": 300, "h": 250}}],
        "site": {"domain": "news.example", "page": "https://news.example/today"},
        "device": {"devicetype": 2, "geo": {"country": "USA"}},
    } | changed


def imp(**changed: Any) -> dict[str, Any]:
    return {"id": "1", "banner": {"w": 300, "h": 250}} | changed


def ask(asked: CampaignBidder, body: dict[str, Any] | bytes, *, exchange: Exchange = EXCHANGE):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return asked.answer(raw, exchange, "2.6", 0)


def bids(answer: Answer) -> list[dict[str, Any]]:
    assert answer.status == 200, answer
    (seat,) = json.loads(answer.body)["seatbid"]
    return seat["bid"]


def only_bid(answer: Answer) -> dict[str, Any]:
    (bid,) = bids(answer)
    return bid


def reason(answer: Answer) -> str:
    """Return why there was no bid, as the answer and its row both say."""
    assert answer.status == 204
    (row,) = map(decode_row, answer.rows)
    assert (row.kind, row.reason) == ("no_bid", answer.reason)
    return answer.reason
