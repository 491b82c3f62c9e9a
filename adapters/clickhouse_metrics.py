"""Answers questions about counted facts from ClickHouse's daily tables."""

import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from adapters.clickhouse import ClickHouseUnreachable, Reader
from domain.identity import TenantId
from projections.metrics import (
    BadDay,
    BannerDays,
    Bidding,
    ConversionRates,
    Latency,
    MetricsUnreachable,
    Outcomes,
    PixelCounts,
    PixelDay,
    ReasonCount,
    Trend,
    changes,
    direction,
    ratio,
)

PIXELS = """
SELECT kind, sum(count) FROM daily_events
WHERE tenant = {tenant:String} AND day BETWEEN {start:Date} AND {end:Date} GROUP BY kind
"""
BANNER = """
SELECT day, kind, sum(count) FROM daily_events
WHERE tenant = {tenant:String} AND kind IN ('visit', 'registration', 'deposit')
    AND day BETWEEN {start:Date} AND {end:Date} AND banner_tag = {banner_tag:String}
GROUP BY day, kind
"""
TREND = """
SELECT day, sum(count) FROM daily_events
WHERE tenant = {tenant:String} AND kind = {kind:String}
    AND day BETWEEN {start:Date} AND {end:Date}
GROUP BY day
"""
BIDDING = """
SELECT kind, reason, currency, sum(count) AS everyone,
    sumIf(count, {campaign:String} = '' OR campaign = {campaign:String}) AS ours,
    sumIf(spend_micros, {campaign:String} = '' OR campaign = {campaign:String}) AS micros
FROM daily_bidding
WHERE tenant = {tenant:String} AND day BETWEEN {start:Date} AND {end:Date}
GROUP BY kind, reason, currency
"""
LATENCY = """
SELECT arrayMap(q -> if(isFinite(q), toUInt32(round(q)), 0),
    quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(latency_us))
FROM daily_latency
WHERE tenant = {tenant:String} AND day BETWEEN {start:Date} AND {end:Date}
    AND if({campaign:String} = '', leads = 1, campaign = {campaign:String})
"""
REJECTED = """
SELECT reason, sum(count) AS refused FROM daily_rejected
WHERE tenant = {tenant:String} AND day BETWEEN {start:Date} AND {end:Date}
GROUP BY reason ORDER BY refused DESC, reason
"""
OUTCOMES = """
SELECT kind, currency, sum(count), sum(micros), sum(repeated) FROM
(
    SELECT kind, currency, count, amount_micros AS micros, duplicates AS repeated
    FROM daily_events
    WHERE tenant = {tenant:String} AND kind IN ('visit', 'registration', 'deposit')
        AND banner_tag = {campaign:String}
    UNION ALL
    SELECT kind, currency, count, spend_micros AS micros, duplicates AS repeated
    FROM daily_bidding
    WHERE tenant = {tenant:String} AND kind IN ('win', 'bill', 'loss', 'click')
        AND campaign = {campaign:String}
)
GROUP BY kind, currency
"""
LEADS = {"no_bid", "bid"}
FOLLOWS = "more"

Rows = Sequence[Sequence[Any]]


class ClickHouseMetrics:
    """`projections.metrics.Metrics` over the tables of `migrations/sql/clickhouse`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def conversion_rates(
        self, tenant: TenantId, start: dt.date, end: dt.date
    ) -> ConversionRates:
        rows = await self._ask(PIXELS, tenant=tenant, start=start, end=end)
        counts = {kind: int(count) for kind, count in rows}
        visits, deposits = counts.get("visit", 0), counts.get("deposit", 0)
        registrations = counts.get("registration", 0)
        return ConversionRates(
            visits=visits,
            registrations=registrations,
            deposits=deposits,
            visit_to_registration=ratio(registrations, visits),
            registration_to_deposit=ratio(deposits, registrations),
            visit_to_deposit=ratio(deposits, visits),
        )

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
        """Days are read whole and paged here: a range is at most a few hundred of them."""
        after = _after(cursor, start, end)
        rows = await self._ask(BANNER, tenant=tenant, start=start, end=end, banner_tag=banner_tag)
        by_day: dict[dt.date, dict[str, int]] = {}
        totals: Counter[str] = Counter()
        for day, kind, count in rows:
            by_day.setdefault(day, {})[kind] = int(count)
            totals[kind] += int(count)
        rest = [day for day in _days(start, end) if day > after]
        page = rest[:limit]
        return BannerDays(
            banner_tag=banner_tag,
            totals=PixelCounts(**totals),
            daily=[PixelDay(date=day, **by_day.get(day, {})) for day in page],
            next=page[-1].isoformat() if page and len(rest) > limit else None,
        )

    async def trend(self, tenant: TenantId, event_type: str, start: dt.date, end: dt.date) -> Trend:
        rows = await self._ask(TREND, tenant=tenant, start=start, end=end, kind=event_type)
        counted = {day: int(count) for day, count in rows}
        days = _days(start, end)
        counts = [counted.get(day, 0) for day in days]
        return Trend(event_type=event_type, daily=changes(days, counts), trend=direction(counts))

    async def bidding(
        self, tenant: TenantId, start: dt.date, end: dt.date, campaign: str | None = None
    ) -> Bidding:
        asked = {"tenant": tenant, "start": start, "end": end, "campaign": campaign or ""}
        rows = await self._ask(BIDDING, **asked)
        latency = (await self._ask(LATENCY, **asked))[0][0]
        ours = _sums((kind, count) for kind, _reason, _currency, _all, count, _micros in rows)
        spend = _sums((row[2], row[5]) for row in rows if row[0] == "bill" and row[4])
        return Bidding(
            requests=sum(int(row[3]) for row in rows if row[0] in LEADS and row[1] != FOLLOWS),
            bids=ours["bid"],
            wins=ours["win"],
            billed=ours["bill"],
            clicks=ours["click"],
            losses=ours["loss"],
            spend_micros=dict(spend),
            latency=Latency(p50_us=latency[0], p95_us=latency[1], p99_us=latency[2]),
            funnel=_reasons(_sums((row[1], row[3]) for row in rows if row[0] == "no_bid")),
        )

    async def rejected(
        self, tenant: TenantId, start: dt.date, end: dt.date
    ) -> Sequence[ReasonCount]:
        rows = await self._ask(REJECTED, tenant=tenant, start=start, end=end)
        return [ReasonCount(reason=reason, count=int(count)) for reason, count in rows]

    async def outcomes(self, tenant: TenantId, campaign: str) -> Outcomes:
        rows = await self._ask(OUTCOMES, tenant=tenant, campaign=campaign)
        counts = _sums((kind, count) for kind, _currency, count, _micros, _repeated in rows)
        revenue = _sums((row[1], row[3]) for row in rows if row[0] == "deposit" and row[1])
        return Outcomes(
            impressions=counts["bill"],
            clicks=counts["click"],
            conversions=counts["deposit"],
            registrations=counts["registration"],
            revenue_micros=dict(revenue),
            duplicates=sum(int(row[4]) for row in rows),
        )

    async def _ask(self, sql: str, **parameters: object) -> Rows:
        async with _reached():
            return await self._reader.rows(sql, parameters)


@asynccontextmanager
async def _reached() -> AsyncIterator[None]:
    try:
        yield
    except ClickHouseUnreachable as error:
        raise MetricsUnreachable(str(error)) from error


def _sums(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for name, count in pairs:
        sums[name] += int(count)
    return sums


def _reasons(counts: Counter[str]) -> list[ReasonCount]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [ReasonCount(reason=reason, count=count) for reason, count in ordered if count]


def _days(start: dt.date, end: dt.date) -> list[dt.date]:
    return [start + dt.timedelta(days=n) for n in range((end - start).days + 1)]


def _after(cursor: str | None, start: dt.date, end: dt.date) -> dt.date:
    if cursor is None:
        return start - dt.timedelta(days=1)
    try:
        after = dt.date.fromisoformat(cursor)
    except ValueError as error:
        raise BadDay(f"{cursor!r} is no cursor of this list.") from error
    if not start <= after < end:
        raise BadDay(f"{cursor!r} is no cursor of this range of days.")
    return after
