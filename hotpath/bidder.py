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
from typing import NamedTuple

import msgspec

from hotpath import funnel
from hotpath.creative import Slot, Template, live_urls, template, uncounted_urls
from hotpath.facts import encode_row
from hotpath.features import profile_vector
from hotpath.funnel import NO_BID_CODES
from hotpath.index import Index, Row, TenantIndex
from hotpath.matching import DEFAULT_CURRENCY, Matching, slot_of
from hotpath.openrtb import BadRequest, BidRequest, Imp, decode
from hotpath.ports import Answer, Exchange
from hotpath.provider import Inference, Provider
from hotpath.scoring import best
from hotpath.token import Tokens

NETWORK_ALLOWANCE_MS = 20
TEMPLATES_MAX = 16_384
LANDINGS_MAX = 100_000
_NOTHING = Index([], 0)
_json = msgspec.json.Encoder().encode


class _Winner(NamedTuple):
    """The offer chosen for an impression, how it is shown, and why."""

    imp: Imp
    row: int
    slot: Slot
    click_chance: float


class _Asked(NamedTuple):
    """A request with who sent it and when its bytes arrived."""

    request: BidRequest
    exchange: Exchange
    received_ns: int


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
        self._entropy = entropy
        self._monotonic_ns = monotonic_ns
        self._wall_ns = wall_ns
        self._urls = live_urls(hot_url.rstrip("/"))
        self._index = _NOTHING
        self._templates: dict[tuple[str, int, Slot, bool], Template] = {}
        self._landings: dict[tuple[str, str, str], str] = {}
        self._loaded = False

    @property
    def loaded(self) -> bool:
        return self._loaded

    @property
    def position(self) -> int:
        """The position in the event log that the loaded index reflects."""
        return self._index.position

    def load(self, index: Index) -> None:
        """Answer from `index` from now on; landing pages of earlier ones are kept for clicks."""
        for tenant, held in index.tenants.items():
            for row in held.rows:
                key = (tenant, row.campaign.campaign, row.offer.id)
                self._landings.pop(key, None)
                self._landings[key] = row.offer.landing_url
        while len(self._landings) > LANDINGS_MAX:
            del self._landings[next(iter(self._landings))]
        self._index, self._templates = index, {}
        self._loaded = True

    def landing(self, tenant: str, campaign: str, offer: str) -> str | None:
        """Return where a click on an offer leads, also after its campaign ended."""
        return self._landings.get((tenant, campaign, offer))

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
        asked = _Asked(request, exchange, received_ns)
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

    def _late(self, asked: _Asked) -> bool:
        tmax = asked.request.tmax
        if not tmax or tmax < 0:
            return False
        allowed_ms = max(tmax - NETWORK_ALLOWANCE_MS, 0)
        return self._monotonic_ns() - asked.received_ns >= allowed_ms * 1_000_000

    def _decided(self, held: TenantIndex, asked: _Asked) -> tuple[str, str, list[_Winner]]:
        """Return the stage where the last offer fell or "", the currency and the winners."""
        held.predicates.between_requests()
        now_s = self._wall_ns() // 1_000_000_000
        request, seat = asked.request, asked.exchange.tenant
        matching = Matching(held, request, seat=seat, now_s=now_s)
        currencies = [name.upper() for name in request.cur or ()] or [DEFAULT_CURRENCY]
        for currency in currencies:
            winners = [
                winner
                for imp in request.imp
                if (winner := self._winner(held, matching, imp, currency)) is not None
            ]
            if winners:
                return "", currency, winners
        return matching.fallen, currencies[0], []

    def _winner(
        self, held: TenantIndex, matching: Matching, imp: Imp, currency: str
    ) -> _Winner | None:
        found, most = None, -1.0
        cats, keywords, segments, device = matching.audience
        for chance in matching.chances(imp, currency):
            profile = profile_vector(cats, keywords, segments, device, chance.position)
            asked = Inference(profile, held.catalogue, chance.offers)
            clicks = self._provider.predict(asked)
            place = best(held.prices, chance.offers, clicks)
            row, click = int(chance.offers[place]), float(clicks[place])
            worth = held.rows[row].offer.bid_cpm_micros * click
            if worth > most:
                found, most = _Winner(imp, row, slot_of(chance, held.rows[row]), click), worth
        return found

    def _bid(
        self, held: TenantIndex, asked: _Asked, currency: str, winners: list[_Winner]
    ) -> Answer:
        at_us = self._wall_ns() // 1_000
        ids = [self._entropy(16) for _ in winners]
        bids = [
            self._bid_object(held, asked, winner, bid_id.hex(), at_us)
            for winner, bid_id in zip(winners, ids, strict=True)
        ]
        body = b'{"id":%b,"seatbid":[{"seat":%b,"bid":[%b]}],"bidid":"%b","cur":%b}' % (
            _json(asked.request.id),
            _json(asked.exchange.tenant),
            b",".join(bids),
            ids[0].hex().encode(),
            _json(currency),
        )
        rows = self._bid_rows(held, asked, winners, ids, at_us)
        return Answer(200, body, b"", rows, "")

    def _bid_rows(
        self,
        held: TenantIndex,
        asked: _Asked,
        winners: list[_Winner],
        ids: list[bytes],
        at_us: int,
    ) -> list[bytes]:
        request, (tenant, exchange) = asked.request, asked.exchange
        latency_us = self._latency_us(asked)
        rows: list[bytes] = []
        for winner, bid_id in zip(winners, ids, strict=True):
            campaign, offer, _, _ = held.rows[winner.row]
            rows.append(
                encode_row(
                    bid_id, tenant, "bid", at_us, campaign.campaign, offer.id, "", "", "", "",
                    0, campaign.currency, offer.bid_cpm_micros, request.id, bid_id.hex(),
                    winner.imp.id, exchange, "more" if rows else "", latency_us, "", "",
                    self._detail(request, winner),
                )
            )  # fmt: skip
        return rows

    def _bid_object(
        self, held: TenantIndex, asked: _Asked, winner: _Winner, bid_id: str, at_us: int
    ) -> bytes:
        row, imp_id, (tenant, exchange) = held.rows[winner.row], winner.imp.id, asked.exchange
        campaign, offer, _, _ = row
        made = self._template(tenant, winner, row, test=asked.request.test == 1)
        token = b""
        if len(made.pieces) > 1:
            token = self._tokens.sign(
                tenant, campaign.campaign, offer.id, bid_id, imp_id, campaign.currency,
                offer.bid_cpm_micros, exchange, at_us // 1_000_000,
            ).encode()  # fmt: skip
        head = b'{"id":"%b","impid":%b,' % (bid_id.encode(), _json(imp_id))
        return head + made.with_token(token)

    def _template(self, tenant: str, winner: _Winner, row: Row, *, test: bool) -> Template:
        key = (tenant, winner.row, winner.slot, test)
        made = self._templates.get(key)
        if made is None:
            if len(self._templates) >= TEMPLATES_MAX:
                self._templates = {}
            urls = uncounted_urls(row.offer) if test else self._urls
            made = self._templates[key] = template(row, winner.slot, urls)
        return made

    def _detail(self, request: BidRequest, winner: _Winner) -> str:
        test = '"test":1,' if request.test == 1 else ""
        model, medium = self._provider.model_version, winner.slot.medium
        return (
            f'{{{test}"model":"{model}","index":{self._index.position},'
            f'"medium":"{medium}","p":{winner.click_chance!r}}}'
        )

    def _declined(self, asked: _Asked, reason: str) -> Answer:
        request, (tenant, exchange) = asked.request, asked.exchange
        row = encode_row(
            self._entropy(16), tenant, "no_bid", self._wall_ns() // 1_000,
            request_id=request.id, exchange=exchange, reason=reason,
            latency_us=self._latency_us(asked),
            detail='{"test":1}' if request.test == 1 else "",
        )  # fmt: skip
        return Answer(204, b"", b"x-nbr: %d\r\n" % NO_BID_CODES[reason], [row], reason)

    def _latency_us(self, asked: _Asked) -> int:
        passed = (self._monotonic_ns() - asked.received_ns) // 1_000
        return min(max(passed, 0), 2**32 - 1)
