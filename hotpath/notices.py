"""Win, billing and loss notices, impression pixels and clicks of the bids we made.

`GET /v1/n/{win,bill,loss,click,imp}?b=TOKEN&p=${AUCTION_PRICE}` (loss adds `&r=${AUCTION_LOSS}`,
OpenRTB 2.6 section 4.4; a click has no price and names its signed landing page as `to`).
Prices are a CPM in the bid's currency. A billed impression spends CPM / 1000, rounded half to
even once, here: 2.5 is 2,500 micros. Its billing notice and its impression pixel are the same
fact, so both together count once. Money is never guessed: a billing notice without a price, or
above the bid, is refused.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from hashlib import blake2b
from re import compile as pattern
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from hotpath.facts import EVENT_ID_BYTES, encode_row, fresh_event_id
from hotpath.metrics import KIND_BY_NAME
from hotpath.server_door_cy import Request
from hotpath.server_replies import GIF, NO_STORE, Replies
from hotpath.token import Token, Tokens

PATH = b"/v1/n/"
FACT_OF = {"win": "win", "bill": "bill", "imp": "bill", "loss": "loss", "click": "click"}
BINDING = {"win", "bill"}  # our price: it can never exceed the bid
_PRICE = pattern(r"[0-9]{1,9}(\.[0-9]{1,12})?")
_CODE = pattern(r"[0-9]{1,4}")
_ONE = Decimal(1)


class Price(NamedTuple):
    """A clearing price: micros of the CPM, and micros one impression costs."""

    cpm_micros: int = 0
    spend_micros: int = 0


class PriceRefused(ValueError):
    """The price cannot be taken: `args[0]` is `price_missing`, `_malformed` or `_above_bid`."""


def read_price(text: str) -> Price | None:
    """Return the price of a notice, None for an empty or unreplaced macro.

    Raises PriceRefused for anything that is not a plain decimal.
    """
    if not text or "AUCTION_PRICE" in text:
        return None
    if not _PRICE.fullmatch(text):
        raise PriceRefused("price_malformed")
    cpm = Decimal(text)
    return Price(_rounded(cpm * 1_000_000), _rounded(cpm * 1_000))


def _rounded(amount: Decimal) -> int:
    return int(amount.quantize(_ONE, ROUND_HALF_EVEN))


def event_id(fact: str, token: Token) -> bytes:
    """Return the id that every repeat of this notice has."""
    key = msgspec.msgpack.encode((fact, token.bid_id, token.imp_id))
    return blake2b(key, digest_size=EVENT_ID_BYTES).digest()


def landing_url(landing: str, campaign: str) -> str:
    """Return the landing page with `bannerTag`, so that what follows is attributed."""
    parts = urlsplit(landing)
    query = f"{parts.query}&" if parts.query else ""
    return urlunsplit(parts._replace(query=query + urlencode({"bannerTag": campaign})))


class Notices:
    """Answers notices; what it accepts is answered once it is durable."""

    def __init__(self, tokens: Tokens, replies: Replies) -> None:
        self._tokens = tokens
        self._replies = replies

    def answer(self, request: Request, name: str, query: bytes) -> None:
        """Take one notice; `name` is one of `FACT_OF`."""
        request.kind = KIND_BY_NAME[name]
        said = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
        token = self._tokens.read(said.get("b", ""))
        if token is None:
            # Not ours, so it belongs to no tenant: it is counted, and no row is written.
            request.reject("token_invalid")
            detail = "This notice does not carry a token of ours."
            errors = [("b", "is not a token we signed")]
            problem = self._replies.problem(400, "token_invalid", detail, errors=errors)
            request.answer(400, problem)
            return
        fact = FACT_OF[name]
        try:
            price = self._price(fact, token, said.get("p", ""))
        except PriceRefused as refused:
            self._refuse(request, name, token, str(refused))
            return
        row = self._row(request, fact, token, price, said)
        status, response = self._response(name, token, said)
        request.record(token.tenant, [row], status, response)

    def _price(self, fact: str, token: Token, text: str) -> Price | None:
        if fact == "click":
            return Price()
        price = read_price(text)
        if price is None and fact == "bill":
            raise PriceRefused("price_missing")
        if price and fact in BINDING and price.cpm_micros > token.bid_cpm_micros:
            raise PriceRefused("price_above_bid")
        return price

    def _row(
        self,
        request: Request,
        fact: str,
        token: Token,
        price: Price | None,
        said: Mapping[str, str],
    ) -> bytes:
        code = said.get("r", "") if fact == "loss" else ""
        return encode_row(
            event_id(fact, token),
            token.tenant,
            fact,
            request.at_us,
            token.campaign,
            token.offer,
            amount_micros=price.spend_micros if price and fact == "bill" else 0,
            currency=token.currency,
            price_cpm_micros=price.cpm_micros if price else 0,
            bid_id=token.bid_id,
            imp_id=token.imp_id,
            exchange=token.exchange,
            reason="" if price else "price_missing",
            source_ip=request.ip,
            user_agent=request.agent,
            detail=f'{{"loss":{int(code)}}}' if _CODE.fullmatch(code) else "",
        )

    def _response(self, name: str, token: Token, said: Mapping[str, str]) -> tuple[int, bytes]:
        if name == "imp":
            return 200, self._replies.gif
        if name != "click":
            return 200, self._replies.build(200, headers=NO_STORE)
        landing = self._tokens.read_landing(token, said.get("to", ""))
        if landing is None:
            detail = "This click does not carry a landing page that we signed."
            return 404, self._replies.problem(404, "landing_unknown", detail)
        where = landing_url(landing, token.campaign).encode("utf-8", "replace")
        head = b"Location: " + where.translate(None, b"\r\n") + b"\r\n"
        return 302, self._replies.build(302, headers=head + NO_STORE)

    def _refuse(self, request: Request, name: str, token: Token, reason: str) -> None:
        request.reject(reason)
        row = encode_row(
            fresh_event_id(),
            token.tenant,
            "rejected",
            request.at_us,
            token.campaign,
            token.offer,
            currency=token.currency,
            bid_id=token.bid_id,
            imp_id=token.imp_id,
            exchange=token.exchange,
            reason=reason,
            source_ip=request.ip,
            user_agent=request.agent,
            detail=msgspec.json.encode({"event": name}),
        )
        detail = "This notice was not counted: its price cannot be taken."
        errors = [("p", reason.replace("_", " "))]
        problem = self._replies.problem(400, reason, detail, errors=errors)
        request.record(token.tenant, [row], 400, problem)


__all__ = ["GIF", "PATH", "Notices", "PriceRefused", "event_id", "landing_url", "read_price"]
