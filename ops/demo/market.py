"""An exchange as the demo plays it: asks for bids, lets some win, sends notices, some twice."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import quote

from ops.data_dir import Credentials
from ops.demo.tally import Tally
from ops.demo.wire import Reply, Wire

PRICE, LOSS = "${AUCTION_PRICE}", "${AUCTION_LOSS}"
LOST_TO_HIGHER_BID = "102"  # OpenRTB 2.6 section 5.25
NO_BID_UNSURE = {"0", "1"}  # unknown or technical error: nobody knows what became of it
CLICK_EVERY, TWICE_EVERY, IMPRESSION_EVERY = 5, 3, 4
OK, NO_CONTENT, REDIRECT, BAD_REQUEST, UNAUTHORIZED = 200, 204, 302, 400, 401
CLICK_URL = re.compile(r"https?://[^\s\"'<>\\\]]+/v1/n/click\?[^\s\"'<>\\\]]+")
IMPRESSION_URL = re.compile(r"https?://[^\s\"'<>\\\]]+/v1/n/imp\?[^\s\"'<>\\\]]+")


class Bid(NamedTuple):
    """A bid as the exchange got it; `cpm` is its price, text as it stood in the JSON."""

    campaign: str
    cpm: Decimal
    nurl: str
    burl: str
    lurl: str
    markup: str

    @property
    def is_test(self) -> bool:
        """A bid on a test request names no notice addresses: no money can follow."""
        return not self.nurl


class Exchange:
    """Sends bid requests and notices, and keeps the tally of what was acknowledged."""

    def __init__(self, wire: Wire, keys: Credentials, tally: Tally) -> None:
        self._wire = wire
        self._url = f"{keys.hot_url}/v1/bid?k={quote(keys.exchange_key)}"
        self._tally = tally
        self._auctions = 0

    async def ask(self, body: bytes) -> list[Bid]:
        """Send one bid request, once: an exchange never waits or asks again."""
        headers = {"Content-Type": "application/json", "x-openrtb-version": "2.6"}
        reply = await self._wire.once("POST", self._url, body=body, headers=headers)
        if reply is None or reply.headers.get("x-nbr") in NO_BID_UNSURE:
            self._tally.unsure_requests += 1
            return []
        if reply.status == UNAUTHORIZED:
            return []  # the worker has not heard of a new tenant's key yet
        if reply.status == BAD_REQUEST:
            self._tally.refused_requests += 1
            return []
        self._tally.requests += 1
        if reply.status == NO_CONTENT:
            self._tally.no_bids += 1
            return []
        bids = list(_bids(reply))
        self._tally.bids += len(bids)
        return bids

    async def win(self, bid: Bid, *, share: Decimal = Decimal(1)) -> None:
        """Let a bid win at `share` of its price: win notice, billing notice, maybe a click."""
        self._auctions += 1
        price = (bid.cpm * share).quantize(Decimal("0.000001")).normalize()
        await self._notify(bid.nurl, price=f"{price:f}")
        self._tally.wins += 1
        billed = bid.burl
        if self._auctions % IMPRESSION_EVERY == 0 and (seen := _url(IMPRESSION_URL, bid.markup)):
            billed = seen  # the browser's impression pixel is the same fact as the burl
            await self._notify(billed, price=f"{price:f}")
            self._tally.repeats += 1
            billed = bid.burl
        await self._notify(billed, price=f"{price:f}")
        self._tally.bill(price)
        if self._auctions % CLICK_EVERY == 0 and (click := _url(CLICK_URL, bid.markup)):
            await self._notify(click, price=f"{price:f}", expected=REDIRECT)
            self._tally.clicks += 1

    async def lose(self, bid: Bid) -> None:
        """Let a bid lose to a higher one."""
        await self._notify(bid.lurl, price=f"{bid.cpm * 2:f}", loss=LOST_TO_HIGHER_BID)
        self._tally.losses += 1

    async def _notify(self, url: str, *, price: str, loss: str = "", expected: int = OK) -> None:
        """Send a notice until it is acknowledged; every third is sent once more."""
        url = url.replace(PRICE, price).replace(LOSS, loss)
        again = self._auctions % TWICE_EVERY == 0
        for _ in range(2 if again else 1):
            reply = await self._wire.surely("GET", url)
            if reply.status != expected:
                raise NoticeRefused(f"{url} was answered {reply.status}: {reply.body[:300]!r}")
        self._tally.repeats += again


class NoticeRefused(Exception):
    """A notice that we handed out ourselves was not accepted."""


def _bids(reply: Reply) -> Iterator[Bid]:
    for seat in reply.json()["seatbid"]:
        for bid in seat["bid"]:
            yield Bid(
                campaign=bid["cid"],
                cpm=Decimal(str(bid["price"])),
                nurl=bid.get("nurl", ""),
                burl=bid.get("burl", ""),
                lurl=bid.get("lurl", ""),
                markup=bid.get("adm", ""),
            )


def _url(pattern: re.Pattern[str], markup: str) -> str | None:
    """Return a URL of ours from HTML, VAST or native JSON."""
    found: Any = pattern.search(markup.replace("&amp;", "&").replace("\\/", "/"))
    return found.group(0) if found else None
