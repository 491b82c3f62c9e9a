"""Which campaigns fly when (FR-WKF-007)."""

from datetime import date, datetime
from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency as Given
from litestar.exceptions import ValidationException
from litestar.params import QueryParameter

from domain.identity import TenantId
from domain.tenant.permissions import Permission
from projections.access import Holder
from projections.calendar import Calendar, Flight, Span, day_span
from projections.views import BadCursor, Positions
from read_api.parameters import (
    LIMIT_DEFAULT,
    Cursor,
    Limit,
    Listed,
    Token,
    bad_cursor,
    caught_up,
)

Aware = Annotated[datetime, msgspec.Meta(tz=True)]
First = Annotated[
    str,
    QueryParameter(name="from", max_length=64, description="First UTC day, or a time (RFC 3339)"),
]
Last = Annotated[
    str,
    QueryParameter(
        name="to", max_length=64, description="Last UTC day, included, or a time before which"
    ),
]


@get("/v1/calendar", tags=["Campaigns"], opt={"permission": Permission.CAMPAIGN_READ})
async def calendar(
    *,
    caller: Given[Holder],
    flights: Given[Calendar],
    positions: Given[Positions],
    first: First,
    last: Last,
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
    token: Token = None,
) -> Response[Listed[Flight]]:
    """List the campaigns whose flight touches `from` to `to`, in the order in which they begin."""
    span = _span(first, last)
    headers = await caught_up(positions, "calendar", token)
    try:
        page = await flights.between(TenantId(caller.tenant), span, limit=limit, cursor=cursor)
    except BadCursor:
        raise bad_cursor() from None
    return Response(Listed(page.flights, page.next), headers=headers)


def _span(first: str, last: str) -> Span:
    opening, closing = _bound(first, "from"), _bound(last, "to")
    if closing.closing <= opening.opening:
        raise _wrong("to", "must not be before `from`")
    return Span(opening.opening, closing.closing)


def _bound(text: str, name: str) -> Span:
    """Return the day or the moment a bound names, as a span."""
    try:
        day = msgspec.convert(text, date)
    except msgspec.ValidationError:
        try:
            at = msgspec.convert(text, Aware)
        except msgspec.ValidationError:
            raise _wrong(name, "must be a day or a time, as 2027-03-01 is a day") from None
        return Span(at, at)
    return day_span(day, day)


def _wrong(name: str, message: str) -> ValidationException:
    return ValidationException(extra=[{"key": name, "message": message}])
