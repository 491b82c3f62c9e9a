"""Today's figures as the console shows them, read once a second however many look."""

import asyncio
import time
from collections.abc import Sequence
from datetime import date

import msgspec

from domain.identity import TenantId
from projections.metrics import Bidding, ConversionRates, Metrics, MetricsUnreachable, ReasonCount
from read_api.metrics import shown
from read_api.pages import count, money, words

FRESH_S = 1.0
TENANTS_MAX = 1_000
US_PER_MS = 1_000

# The funnel's stages as people say them; a reason that is not here is shown as it is written.
REASONS = {
    "no_campaigns": "No live campaign",
    "media": "Media type not offered",
    "size": "No offer of this size",
    "geo": "Other country",
    "device": "Other device",
    "domain": "Site not wanted",
    "category": "Category blocked",
    "advertiser": "Advertiser blocked",
    "attribute": "Creative attribute blocked",
    "currency": "Other currency",
    "floor": "Below the floor price",
    "schedule": "Not in flight, or day's budget spent",
    "seat": "Seat not allowed",
    "segment": "Other audience",
    "secure": "Creative not secure",
    "timeout": "Too little time",
    "log_unavailable": "Log out of reach",
}


class Tile(msgspec.Struct, frozen=True):
    """One figure in words: `value` as people read it, `note` what it means."""

    key: str
    label: str
    value: str
    note: str


class Bar(msgspec.Struct, frozen=True):
    """A reason with its count; `share` is its percentage of the largest."""

    label: str
    count: str
    share: int


class Figures(msgspec.Struct, frozen=True):
    """What happened today in UTC; `reachable` is false while ClickHouse does not answer."""

    day: date
    reachable: bool
    tiles: list[Tile]
    funnel: list[Bar]
    rejected: list[Bar]


class TodaysFigures:
    """Asks the metrics at most once a second for each tenant."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._known: dict[TenantId, tuple[float, Figures]] = {}
        self._asking: dict[TenantId, asyncio.Lock] = {}

    async def of(self, tenant: TenantId, today: date) -> Figures:
        """Return the figures, at most a second old."""
        async with self._asking.setdefault(tenant, asyncio.Lock()):
            known = self._known.get(tenant)
            if known is None or known[0] < time.monotonic() or known[1].day != today:
                if len(self._known) >= TENANTS_MAX:
                    self._known.clear()
                    self._asking.clear()
                known = (time.monotonic() + FRESH_S, await self._read(tenant, today))
                self._known[tenant] = known
            return known[1]

    async def _read(self, tenant: TenantId, today: date) -> Figures:
        try:
            bidding, rates, rejected = await asyncio.gather(
                self._metrics.bidding(tenant, today, today),
                self._metrics.conversion_rates(tenant, today, today),
                self._metrics.rejected(tenant, today, today),
            )
        except MetricsUnreachable:
            return Figures(today, reachable=False, tiles=[], funnel=[], rejected=[])
        return Figures(
            today,
            reachable=True,
            tiles=_tiles(bidding, rates, rejected),
            funnel=bars(bidding.funnel),
            rejected=bars(rejected),
        )


def bars(reasons: Sequence[ReasonCount]) -> list[Bar]:
    """Return the reasons, each with its share of the largest."""
    most = max((reason.count for reason in reasons), default=0) or 1
    return [
        Bar(
            REASONS.get(reason.reason) or words(reason.reason),
            count(reason.count),
            round(100 * reason.count / most),
        )
        for reason in reasons
    ]


def _tiles(bidding: Bidding, rates: ConversionRates, rejected: Sequence[ReasonCount]) -> list[Tile]:
    spend = " + ".join(money(amount) for amount in shown(bidding).spend) or "0"
    pixels = rates.visits + rates.registrations + rates.deposits
    won = f"{_percent(bidding.wins, bidding.bids)} of bids"
    parts = (
        f"{count(rates.visits)} visits, {count(rates.registrations)} registrations, "
        f"{count(rates.deposits)} deposits"
    )
    return [
        Tile("bids", "Bids", count(bidding.bids), f"for {count(bidding.requests)} requests"),
        Tile("wins", "Wins", count(bidding.wins), won),
        Tile("spend", "Spend", spend, f"{count(bidding.billed)} billed impressions"),
        Tile("pixels", "Pixels", count(pixels), parts),
        Tile("rejected", "Rejected", count(sum(r.count for r in rejected)), "refused at the edge"),
        Tile(
            "latency",
            "Bid latency",
            f"{bidding.latency.p99_us / US_PER_MS:.1f} ms",
            f"p99; half within {bidding.latency.p50_us / US_PER_MS:.1f} ms",
        ),
    ]


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "0 %"
