"""Answering a bid request: decode, find who may, rank, write the answer and its rows.

Ranking is bid times click probability; the price is the offer's own bid, in a first price
auction (`at=1`) and in a second price one (`at=2`) alike, since a true bid is right in both.
A response has one currency (OpenRTB 2.6, section 4.2.1): the first of the request's that
anything can be bid in. Test requests (`test=1`) are answered and logged with
`{"test":1}` in their row's detail, but carry no notice, pixel or billing address, so no
money can follow.
"""

import os
import time
from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray

from hotpath import funnel
from hotpath.creative import NoticeUrls, Slot, Template, live_urls, template, uncounted_urls
from hotpath.facts import encode_row
from hotpath.features import profile_vector
from hotpath.funnel import NO_BID_CODES
from hotpath.index import Index, Row, TenantIndex
from hotpath.matching import DEFAULT_CURRENCY, Matching, slot_of
from hotpath.openrtb import BadRequest, BidRequest, Imp, decode
from hotpath.ports import Answer, Exchange
from hotpath.provider import Inference, Provider, Ranker
from hotpath.scoring import best
from hotpath.token import Tokens

NETWORK_ALLOWANCE_MS = 20
TEMPLATES_MAX = 16_384
DETAILS_MAX = 16_384
ID_BYTES, IDS_DRAWN = 16, 256
_NOTHING = Index([], 0)
_json = msgspec.json.Encoder().encode


class Winner:
    """The offer chosen for an impression, how it is shown, and why."""

    def __init__(self, imp: Imp, row: int, slot: Slot, click_chance: float) -> None:
        self.imp = imp
        self.row = row
        self.slot = slot
        self.click_chance = click_chance


class Asked:
    """A request with who sent it and when its bytes arrived."""

    def __init__(self, request: BidRequest, exchange: Exchange, received_ns: int) -> None:
        self.request = request
        self.tenant, self.exchange = exchange
        self.received_ns = received_ns
        self.test = request.test == 1


class CampaignBidder:
    """Implements `hotpath.ports.Bidder` over an index that `load` swaps whole.

    `hot_url` is where notices come back to. `entropy` gives as many random bytes as asked,
    `monotonic_ns` and `wall_ns` are the clocks.
    """

    def __init__(
        self,
        *,
        tokens: Tokens,
        hot_url: str,
        provider: Provider,
        entropy: Callable[[int], bytes] = os.urandom,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._tokens = tokens
        self._provider = provider
        self._ranker = provider if isinstance(provider, Ranker) else None
        self._entropy = entropy
        self._drawn, self._drawn_used = b"", 0
        self._monotonic_ns = monotonic_ns
        self._wall_ns = wall_ns
        self._urls = live_urls(hot_url.rstrip("/"))
        self._index = _NOTHING
        self._templates: dict[tuple[str, int, Slot, bool], Template] = {}
        self._details: dict[tuple[str, float], str] = {}
        self._loaded = False

    @property
    def loaded(self) -> bool:
        return self._loaded

    @property
    def position(self) -> int:
        """The position in the event log that the loaded index reflects."""
        return self._index.position

    def load(self, index: Index) -> None:
        """Answer from `index` from now on."""
        self._index, self._templates, self._details = index, {}, {}
        self._loaded = True

    def answer(
        self,
        body: bytes,
        exchange: Exchange,
        openrtb_version: str,  # noqa: ARG002 - part of the port; both versions read alike
        received_ns: int,
    ) -> Answer:
        """Answer one request; see `hotpath.ports.Bidder`."""
        try:
            request = decode(body)
        except BadRequest as bad:
            return Answer(400, b"", b"", [], str(bad))
        asked = Asked(request, exchange, received_ns)
        held = self._index.tenants.get(exchange.tenant)
        if held is None or not held.rows:
            return self._declined(asked, funnel.NO_CAMPAIGNS)
        if self._late(asked):
            return self._declined(asked, funnel.TIMEOUT)
        reason, currency, winners = self._decided(held, asked)
        if reason:
            return self._declined(asked, reason)
        made = self._bid(held, asked, currency, winners)
        # A late answer is worth nothing to the exchange and must not look like a bid to us.
        return self._declined(asked, funnel.TIMEOUT) if self._late(asked) else made

    def _late(self, asked: Asked) -> bool:
        tmax = asked.request.tmax
        if not tmax or tmax < 0:
            return False
        allowed_ms = max(tmax - NETWORK_ALLOWANCE_MS, 0)
        return self._monotonic_ns() - asked.received_ns >= allowed_ms * 1_000_000

    def _decided(self, held: TenantIndex, asked: Asked) -> tuple[str, str, list[Winner]]:
        """Return the stage where the last offer fell or "", the currency and the winners."""
        held.predicates.between_requests()
        now_s = self._wall_ns() // 1_000_000_000
        request = asked.request
        matching = Matching(held, request, seat=asked.tenant, now_s=now_s)
        currencies = [name.upper() for name in request.cur or ()] or [DEFAULT_CURRENCY]
        for currency in currencies:
            winners: list[Winner] = []
            for imp in request.imp:
                winner = self._winner(held, matching, imp, currency)
                if winner is not None:
                    winners.append(winner)
            if winners:
                return "", currency, winners
        return matching.fallen, currencies[0], []

    def _winner(
        self, held: TenantIndex, matching: Matching, imp: Imp, currency: str
    ) -> Winner | None:
        found, most = None, -1.0
        for chance in matching.chances(imp, currency):
            profile = profile_vector(
                matching.cats, matching.keywords, matching.segments, matching.device,
                chance.position,
            )  # fmt: skip
            place, click = self._best(held, chance.offers, profile)
            row = chance.offers.item(place)
            worth = held.rows[row].offer.bid_cpm_micros * click
            if worth > most:
                found, most = Winner(imp, row, slot_of(chance, held.rows[row]), click), worth
        return found

    def _best(
        self, held: TenantIndex, offers: NDArray[np.int32], profile: NDArray[np.int8]
    ) -> tuple[int, float]:
        if self._ranker is not None:
            return self._ranker.best(held.ranking, offers, profile)
        clicks = self._provider.predict(Inference(profile, held.catalogue, offers))
        place = best(held.prices, offers, clicks)
        return place, float(clicks[place])

    def _bid(self, held: TenantIndex, asked: Asked, currency: str, winners: list[Winner]) -> Answer:
        at_us = self._wall_ns() // 1_000
        latency_us = self._latency_us(asked)
        first = ""
        bids: list[bytes] = []
        rows: list[bytes] = []
        for winner in winners:
            bid_id = self._fresh_id()
            named = bid_id.hex()
            first = first or named
            more = "more" if rows else ""
            bids.append(self._bid_object(held, asked, winner, named, at_us))
            rows.append(self._bid_row(held, asked, winner, bid_id, at_us, latency_us, more))
        body = b'{"id":%b,"seatbid":[{"seat":%b,"bid":[%b]}],"bidid":"%b","cur":%b}' % (
            _json(asked.request.id),
            _json(asked.tenant),
            b",".join(bids),
            first.encode(),
            _json(currency),
        )
        return Answer(200, body, b"", rows, "")

    def _fresh_id(self) -> bytes:
        """Return an id's random bytes; they are drawn in blocks, since asking is what costs."""
        if self._drawn_used == len(self._drawn):
            self._drawn, self._drawn_used = self._entropy(ID_BYTES * IDS_DRAWN), 0
        start = self._drawn_used
        self._drawn_used = start + ID_BYTES
        return self._drawn[start : start + ID_BYTES]

    def _bid_row(  # noqa: PLR0917 - a C function when compiled, and those take no names
        self,
        held: TenantIndex,
        asked: Asked,
        winner: Winner,
        bid_id: bytes,
        at_us: int,
        latency_us: int,
        more: str,
    ) -> bytes:
        campaign, offer, _, _ = held.rows[winner.row]
        return encode_row(
            bid_id, asked.tenant, "bid", at_us, campaign.campaign, offer.id, "", "", "", "",
            0, campaign.currency, offer.bid_cpm_micros, asked.request.id, bid_id.hex(),
            winner.imp.id, asked.exchange, more, latency_us, "", "",
            self._detail(asked, winner),
        )  # fmt: skip

    def _bid_object(
        self, held: TenantIndex, asked: Asked, winner: Winner, bid_id: str, at_us: int
    ) -> bytes:
        campaign, offer, _, _ = held.rows[winner.row]
        imp_id = winner.imp.id
        made = self._template(held, asked, winner)
        token = b""
        if len(made.pieces) > 1:
            token = self._tokens.sign(
                asked.tenant, campaign.campaign, offer.id, bid_id, imp_id, campaign.currency,
                offer.bid_cpm_micros, asked.exchange, at_us // 1_000_000,
            ).encode()  # fmt: skip
        head = b'{"id":"%b","impid":%b,' % (bid_id.encode(), _json(imp_id))
        return head + token.join(made.pieces)

    def _template(self, held: TenantIndex, asked: Asked, winner: Winner) -> Template:
        key = (asked.tenant, winner.row, winner.slot, asked.test)
        made = self._templates.get(key)
        if made is None:
            if len(self._templates) >= TEMPLATES_MAX:
                self._templates = {}
            row = held.rows[winner.row]
            urls = uncounted_urls(row.offer) if asked.test else self._live_urls(asked.tenant, row)
            made = self._templates[key] = template(row, winner.slot, urls)
        return made

    def _live_urls(self, tenant: str, row: Row) -> NoticeUrls:
        offer, campaign = row.offer, row.campaign.campaign
        landing = self._tokens.sign_landing(tenant, campaign, offer.id, offer.landing_url)
        return self._urls._replace(click=f"{self._urls.click}&to={landing}")

    def _detail(self, asked: Asked, winner: Winner) -> str:
        """Return why we bid; kept, since a site's requests meet the same few chances."""
        key = (winner.slot.medium, winner.click_chance)
        said = self._details.get(key)
        if said is None:
            if len(self._details) >= DETAILS_MAX:
                self._details = {}
            said = self._details[key] = (
                f'"model":"{self._provider.model_version}","index":{self._index.position},'
                f'"medium":"{key[0]}","p":{key[1]!r}}}'
            )
        return f'{{"test":1,{said}' if asked.test else f"{{{said}"

    def _declined(self, asked: Asked, reason: str) -> Answer:
        row = encode_row(
            self._fresh_id(), asked.tenant, "no_bid", self._wall_ns() // 1_000,
            request_id=asked.request.id, exchange=asked.exchange, reason=reason,
            latency_us=self._latency_us(asked), detail='{"test":1}' if asked.test else "",
        )  # fmt: skip
        return Answer(204, b"", b"x-nbr: %d\r\n" % NO_BID_CODES[reason], [row], reason)

    def _latency_us(self, asked: Asked) -> int:
        passed = (self._monotonic_ns() - asked.received_ns) // 1_000
        return min(max(passed, 0), 2**32 - 1)
