"""Figures over a range of UTC days: conversions, banner tags, trends, bidding, refusals."""

import datetime as dt
from typing import Annotated, Literal, NamedTuple

import msgspec
from litestar import get
from litestar.di import NamedDependency as Given
from litestar.exceptions import ValidationException
from litestar.params import FromPath, QueryParameter

from domain.identity import TenantId
from domain.money import Money
from domain.tenant.permissions import Permission
from projections.access import Holder
from projections.metrics import (
    BadDay,
    Direction,
    Latency,
    Metrics,
    PixelCounts,
    PixelDay,
    ReasonCount,
    TrendDay,
)
from projections.metrics import Bidding as Counted
from read_api.parameters import LIMIT_DEFAULT, Cursor, Limit, Listed, bad_cursor

RANGE_DAYS_MAX = 550  # aggregates are kept for 18 months

First = Annotated[dt.date, QueryParameter(name="startDate", description="First UTC day, included")]
Last = Annotated[dt.date, QueryParameter(name="endDate", description="Last UTC day, included")]
EventType = Literal["visit", "registration", "deposit"]


class Camel(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The spelling that the metrics answers promise."""


class Rates(Camel, frozen=True, kw_only=True):
    """Rates are fractions of 1, not rounded; a rate over nothing is 0."""

    visits: int
    registrations: int
    deposits: int
    visit_to_registration: float
    registration_to_deposit: float
    visit_to_deposit: float


class BannerTag(Camel, frozen=True, kw_only=True):
    """`totals` are of the whole range, `daily` is one page of it; days of silence are zeros."""

    banner_tag: str
    totals: PixelCounts
    daily: list[PixelDay]
    next: str | None


class Trend(Camel, frozen=True, kw_only=True):
    """`change` is against the day before; `trend` is the sign of the least-squares slope."""

    event_type: str
    daily: list[TrendDay]
    trend: Direction


class Bidding(msgspec.Struct, frozen=True, kw_only=True):
    """What became of bid requests; `funnel` says why the others got no bid."""

    requests: int
    bids: int
    wins: int
    billed: int
    clicks: int
    losses: int
    spend: list[Money]
    latency: Latency
    funnel: list[ReasonCount]


class Days(NamedTuple):
    first: dt.date
    last: dt.date


def days_given(first: First, last: Last) -> Days:
    """Return the asked range; a backwards or endless one is refused."""
    if last < first:
        raise _bad_range("must not be before startDate")
    if (last - first).days >= RANGE_DAYS_MAX:
        raise _bad_range(f"must lie within {RANGE_DAYS_MAX} days of startDate")
    return Days(first, last)


@get(
    "/api/metrics/conversion-rates", tags=["Metrics"], opt={"permission": Permission.ANALYTICS_READ}
)
async def conversion_rates(
    caller: Given[Holder], metrics: Given[Metrics], first: First, last: Last
) -> Rates:
    """Read how visits became registrations and deposits."""
    days = days_given(first, last)
    counted = await metrics.conversion_rates(TenantId(caller.tenant), *days)
    return msgspec.convert(counted, Rates, from_attributes=True)


@get(
    "/api/metrics/campaigns/{banner_tag:str}",
    tags=["Metrics"],
    opt={"permission": Permission.ANALYTICS_READ},
)
async def banner_tag_days(
    *,
    banner_tag: FromPath[str],
    caller: Given[Holder],
    metrics: Given[Metrics],
    first: First,
    last: Last,
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
) -> BannerTag:
    """Read a banner tag's pixels day by day; a campaign's id is its banner tag."""
    days = days_given(first, last)
    tenant = TenantId(caller.tenant)
    try:
        counted = await metrics.campaign(tenant, banner_tag, *days, limit=limit, cursor=cursor)
    except BadDay:
        raise bad_cursor() from None
    return msgspec.convert(counted, BannerTag, from_attributes=True)


@get(
    "/api/metrics/trends/{event_type:str}",
    tags=["Metrics"],
    opt={"permission": Permission.ANALYTICS_READ},
)
async def trend(
    event_type: FromPath[EventType],
    caller: Given[Holder],
    metrics: Given[Metrics],
    first: First,
    last: Last,
) -> Trend:
    """Read a kind of pixel day by day, and which way it goes."""
    days = days_given(first, last)
    counted = await metrics.trend(TenantId(caller.tenant), event_type, *days)
    return msgspec.convert(counted, Trend, from_attributes=True)


@get("/api/metrics/bidding", tags=["Metrics"], opt={"permission": Permission.ANALYTICS_READ})
async def bidding(
    *,
    caller: Given[Holder],
    metrics: Given[Metrics],
    first: First,
    last: Last,
    campaign: Annotated[str | None, QueryParameter(max_length=64)] = None,
) -> Bidding:
    """Read what became of bid requests: bids, wins, spend, latency, and why there was no bid."""
    days = days_given(first, last)
    return shown(await metrics.bidding(TenantId(caller.tenant), *days, campaign))


@get("/api/metrics/rejected", tags=["Metrics"], opt={"permission": Permission.ANALYTICS_READ})
async def rejected(
    caller: Given[Holder], metrics: Given[Metrics], first: First, last: Last
) -> Listed[ReasonCount]:
    """List what the edge refused and why, the most frequent reason first."""
    days = days_given(first, last)
    return Listed([*await metrics.rejected(TenantId(caller.tenant), *days)], None)


def shown(counted: Counted) -> Bidding:
    """Return the figures with spend as money."""
    spend = [
        Money(micros=micros, currency=currency)
        for currency, micros in sorted(counted.spend_micros.items())
    ]
    figures = {
        name: getattr(counted, name) for name in Counted.__struct_fields__ if name != "spend_micros"
    }
    return Bidding(spend=spend, **figures)


def _bad_range(message: str) -> ValidationException:
    return ValidationException(extra=[{"key": "last", "message": message}])
