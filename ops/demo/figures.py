"""The figures as the read API tells them, held against what the story sent."""

import asyncio
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from ops.demo.marketing import CURRENCY, Desk
from ops.demo.tally import Tally

AGREE_WITHIN_S = 20.0
LOOK_EVERY_S = 0.1
SETTLED_AFTER_S = 0.5  # facts that an interrupted demo left come in within that


class Figure(NamedTuple):
    """One number: what it should be and what the read API says."""

    name: str
    expected: int
    seen: int

    @property
    def agrees(self) -> bool:
        return self.expected == self.seen


class Figures:
    """Reads a tenant's and a campaign's figures; those of the tenant count from `baseline`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._baseline: dict[str, int] = {}
        self._first_day = datetime.now(UTC).date()

    async def mark(self) -> None:
        """Take what was there before the story began as zero, once it has stopped growing."""
        before: dict[str, int] = {}
        while (now := await self._tenant()) != before:
            before = now
            await asyncio.sleep(SETTLED_AFTER_S)
        self._baseline = now

    async def compared(self, tally: Tally, campaign: str) -> list[Figure]:
        """Return every figure once, as it stands now."""
        tenant, own = await self._tenant(), await self._campaign(campaign)
        figures = [
            Figure(name, expected, tenant[name] - self._baseline[name])
            for name, expected in tenant_figures(tally).items()
        ]
        return figures + [
            Figure(name, expected, own[name]) for name, expected in own_figures(tally).items()
        ]

    async def agreed(self, tally: Tally, campaign: str) -> list[Figure]:
        """Return the figures as soon as all agree, or as they stand when patience ends."""
        deadline = time.monotonic() + AGREE_WITHIN_S
        while True:
            figures = await self.compared(tally, campaign)
            if all(figure.agrees for figure in figures) or time.monotonic() > deadline:
                return figures
            await asyncio.sleep(LOOK_EVERY_S)

    async def bidding(self, campaign: str | None = None) -> Any:  # noqa: ANN401 - the API's JSON
        return await self._metrics("bidding", {"campaign": campaign} if campaign else {})

    async def rejected(self) -> Any:  # noqa: ANN401 - the API's JSON
        return (await self._metrics("rejected"))["items"]

    async def conversion_rates(self) -> Any:  # noqa: ANN401 - the API's JSON
        return await self._metrics("conversion-rates")

    async def _tenant(self) -> dict[str, int]:
        bidding, rates = await self.bidding(), await self.conversion_rates()
        trend = await self._metrics("trends/visit")
        return {
            "bid requests": bidding["requests"],
            "bids": bidding["bids"],
            "no bids in the funnel": sum(stage["count"] for stage in bidding["funnel"]),
            "wins": bidding["wins"],
            "billed impressions": bidding["billed"],
            "losses": bidding["losses"],
            "clicks": bidding["clicks"],
            "spend in micros": _spent(bidding),
            "visits": rates["visits"],
            "registrations": rates["registrations"],
            "deposits": rates["deposits"],
            "visits in the trend": sum(day["count"] for day in trend["daily"]),
            "rejected pixels": sum(reason["count"] for reason in await self.rejected()),
        }

    async def _campaign(self, campaign: str) -> dict[str, int]:
        bidding = await self.bidding(campaign)
        budget = await self._desk.read(f"/v1/budgets/{campaign}")
        totals = (await self._metrics(f"campaigns/{campaign}"))["totals"]
        return {
            "campaign: bids": bidding["bids"],
            "campaign: billed impressions": bidding["billed"],
            "campaign: spend in micros": _spent(bidding),
            "campaign: visits": totals["visit"],
            "campaign: registrations": totals["registration"],
            "campaign: deposits": totals["deposit"],
            "budget: spent in micros": budget["spent_total"]["micros"],
            "budget: revenue in micros": budget["revenue"]["micros"],
            "budget: return on spend, in millionths": _millionths(budget["roas"]),
        }

    async def _metrics(self, path: str, more: dict[str, str] | None = None) -> Any:  # noqa: ANN401 - the API's JSON
        """Ask for the days of the story: two, when it is told at midnight."""
        today: date = datetime.now(UTC).date()
        days = {
            "startDate": self._first_day.isoformat(),
            "endDate": max(today, self._first_day + timedelta(days=1)).isoformat(),
        }
        return await self._desk.read(f"/api/metrics/{path}?{urlencode(days | (more or {}))}")


def _spent(bidding: Any) -> int:  # noqa: ANN401 - the API's JSON
    return sum(money["micros"] for money in bidding["spend"] if money["currency"] == CURRENCY)


def _millionths(ratio: float | None) -> int:
    return round((ratio or 0) * 1_000_000)


def tenant_figures(tally: Tally) -> dict[str, int]:
    """Return what the tenant's figures must have grown by."""
    return {
        "bid requests": tally.requests,
        "bids": tally.bids,
        "no bids in the funnel": tally.no_bids,
        "wins": tally.wins,
        "billed impressions": tally.billed,
        "losses": tally.losses,
        "clicks": tally.clicks,
        "spend in micros": tally.spend_micros,
        "visits": tally.visits,
        "registrations": tally.registrations,
        "deposits": tally.deposits,
        "visits in the trend": tally.visits,
        "rejected pixels": tally.rejected,
    }


def own_figures(tally: Tally) -> dict[str, int]:
    """Return what the figures of the story's campaign must be."""
    return {
        "campaign: bids": tally.bids - tally.other_bids,
        "campaign: billed impressions": tally.billed,
        "campaign: spend in micros": tally.spend_micros,
        "campaign: visits": tally.visits,
        "campaign: registrations": tally.registrations,
        "campaign: deposits": tally.deposits,
        "budget: spent in micros": tally.spend_micros,
        "budget: revenue in micros": tally.revenue_micros,
        "budget: return on spend, in millionths": _millionths(
            tally.revenue_micros / tally.spend_micros if tally.spend_micros else None
        ),
    }
