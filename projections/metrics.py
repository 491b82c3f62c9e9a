"""What may be asked of the counted facts: pixels, bids, and what was refused at the edge.

Days are UTC days and every range includes both ends. Whoever asks has checked that a range is
not backwards and not too long. A fact that was repeated is counted once.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Literal, Protocol, runtime_checkable

import msgspec

from domain.identity import TenantId

Direction = Literal["up", "down", "flat"]


class MetricsUnreachable(Exception):
    """The counted facts cannot be read now; the same question may succeed later."""


class BadDay(ValueError):
    """The cursor is not one that a page of days gave out."""


class ConversionRates(msgspec.Struct, frozen=True, kw_only=True):
    """How visits became registrations and deposits.

    Rates are fractions, not rounded; a rate over nothing is 0. They exceed 1 when, say,
    registrations of a range come from visits before it.
    """

    visits: int
    registrations: int
    deposits: int
    visit_to_registration: float
    registration_to_deposit: float
    visit_to_deposit: float


class PixelCounts(msgspec.Struct, frozen=True, kw_only=True):
    visit: int = 0
    registration: int = 0
    deposit: int = 0


class PixelDay(msgspec.Struct, frozen=True, kw_only=True):
    date: dt.date
    visit: int = 0
    registration: int = 0
    deposit: int = 0


class BannerDays(msgspec.Struct, frozen=True, kw_only=True):
    """A banner tag's pixels: totals of the whole range, and a page of its days, oldest first."""

    banner_tag: str
    totals: PixelCounts
    daily: list[PixelDay]
    next: str | None


class TrendDay(msgspec.Struct, frozen=True, kw_only=True):
    """`change` is (count - the day before) / the day before; None on the first day and after 0."""

    date: dt.date
    count: int
    change: float | None


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """A pixel kind day by day; `trend` is the sign of the least-squares slope of the counts."""

    event_type: str
    daily: list[TrendDay]
    trend: Direction


class ReasonCount(msgspec.Struct, frozen=True, kw_only=True):
    reason: str
    count: int


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Time to answer a bid request, each within 1 % of the true quantile; 0 without requests."""

    p50_us: int
    p95_us: int
    p99_us: int


class Bidding(msgspec.Struct, frozen=True, kw_only=True):
    """What became of bid requests.

    `requests` and `funnel` are the tenant's even when one campaign is asked for, because a
    request without a bid has no campaign. `spend_micros` is by currency and comes from billing
    notices and impression pixels alone. `funnel` is the most frequent reason first.
    """

    requests: int
    bids: int
    wins: int
    billed: int
    clicks: int
    losses: int
    spend_micros: dict[str, int]
    latency: Latency
    funnel: list[ReasonCount]


class Outcomes(msgspec.Struct, frozen=True, kw_only=True):
    """What a campaign brought so far.

    Conversions are deposits whose pixel carries the campaign as its banner tag; their value
    is `revenue_micros`, by currency. `duplicates` are facts of the campaign that were repeated
    and not counted.
    """

    impressions: int
    clicks: int
    conversions: int
    registrations: int
    revenue_micros: dict[str, int]
    duplicates: int


@runtime_checkable
class Metrics(Protocol):
    """Questions to the counted facts; each raises `MetricsUnreachable`."""

    async def conversion_rates(
        self, tenant: TenantId, start: dt.date, end: dt.date
    ) -> ConversionRates: ...

    async def campaign(
        self,
        tenant: TenantId,
        banner_tag: str,
        start: dt.date,
        end: dt.date,
        *,
        limit: int = 50,
        cursor: str | None = None,
    ) -> BannerDays:
        """Return `limit` days after `cursor` with the totals of all; raises `BadDay`."""

    async def trend(self, tenant: TenantId, event_type: str, start: dt.date, end: dt.date) -> Trend:
        """Return every day of the range; one without facts has 0."""

    async def bidding(
        self, tenant: TenantId, start: dt.date, end: dt.date, campaign: str | None = None
    ) -> Bidding: ...

    async def rejected(
        self, tenant: TenantId, start: dt.date, end: dt.date
    ) -> Sequence[ReasonCount]:
        """Return what the edge refused, the most frequent reason first."""

    async def outcomes(self, tenant: TenantId, campaign: str) -> Outcomes: ...


def direction(counts: Sequence[int]) -> Direction:
    """Return the sign of the least-squares slope over equally spaced days.

    The slope's sign is that of sum((2i - (n - 1)) * count_i), in whole numbers, so a level
    series is exactly flat.
    """
    last = len(counts) - 1
    slope = sum((2 * day - last) * count for day, count in enumerate(counts))
    if slope == 0:
        return "flat"
    return "up" if slope > 0 else "down"


def ratio(part: int, whole: int) -> float:
    """Return part / whole, and 0 over nothing."""
    return part / whole if whole else 0.0


def changes(days: Sequence[dt.date], counts: Sequence[int]) -> list[TrendDay]:
    """Return each day with its change against the day before."""
    before: list[int | None] = [None, *counts[:-1]]
    return [
        TrendDay(date=day, count=count, change=(count - last) / last if last else None)
        for day, count, last in zip(days, counts, before, strict=True)
    ]
