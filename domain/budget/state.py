"""What a budget is, given everything that happened to it."""

import datetime as dt

import msgspec
from msgspec.structs import replace

from domain.budget.events import (
    BudgetAllocated,
    BudgetEvent,
    BudgetExhausted,
    BudgetNearingLimit,
    BudgetSpent,
    DailyBudgetOverspent,
)
from domain.identity import CampaignId
from domain.money import Money

DAYS_KEPT = 40  # spend arrives seconds after it happened; a month is ample, and bounded


class Unallocated(msgspec.Struct, frozen=True):
    """No money yet."""


class Allocated(msgspec.Struct, frozen=True, kw_only=True):
    """Money to spend, what was spent of it, and which alarms have rung."""

    campaign: CampaignId
    total: Money
    daily: Money | None
    campaign_version: int
    spent_micros: int = 0
    impressions: int = 0
    days: dict[dt.date, int] = {}  # micros spent, by UTC day
    overspent_days: frozenset[dt.date] = frozenset()
    watermarks: dict[int, int] = {}  # the last fact counted, by partition
    nearing: bool = False
    exhausted: bool = False

    def spent_on(self, day: dt.date) -> int:
        """Return the micros spent on one UTC day."""
        return self.days.get(day, 0)


Budget = Unallocated | Allocated

UNALLOCATED = Unallocated()


def evolve(  # noqa: PLR0911 - one case per event: splitting would hide one
    budget: Budget, event: BudgetEvent
) -> Budget:
    """Accept what happened: history is never argued with, so nothing is refused."""
    match event:
        case BudgetAllocated() if isinstance(budget, Unallocated):
            return Allocated(
                campaign=event.campaign,
                total=event.total,
                daily=event.daily,
                campaign_version=event.campaign_version,
            )
        case BudgetAllocated() if isinstance(budget, Allocated):
            return _reallocated(budget, event)
        case BudgetSpent() if isinstance(budget, Allocated):
            return _spent(budget, event)
        case BudgetNearingLimit() if isinstance(budget, Allocated):
            return replace(budget, nearing=True)
        case BudgetExhausted() if isinstance(budget, Allocated):
            return replace(budget, exhausted=True)
        case DailyBudgetOverspent(on=day) if isinstance(budget, Allocated):
            return replace(budget, overspent_days=_newest({*budget.overspent_days, day}))
        case BudgetAllocated() | BudgetSpent() | BudgetNearingLimit():
            return budget  # Out of order: on the record, without effect.
        case BudgetExhausted() | DailyBudgetOverspent():
            return budget


def _reallocated(budget: Allocated, event: BudgetAllocated) -> Allocated:
    raised = event.total.micros > budget.total.micros
    return replace(
        budget,
        total=event.total,
        daily=event.daily,
        campaign_version=event.campaign_version,
        nearing=budget.nearing and not raised,
        exhausted=budget.exhausted and not raised,
    )


def _spent(budget: Allocated, event: BudgetSpent) -> Allocated:
    days = {**budget.days, event.on: budget.spent_on(event.on) + event.amount.micros}
    seen = budget.watermarks.get(event.partition, 0)
    return replace(
        budget,
        spent_micros=budget.spent_micros + event.amount.micros,
        impressions=budget.impressions + event.impressions,
        days={day: days[day] for day in sorted(days)[-DAYS_KEPT:]},
        watermarks={**budget.watermarks, event.partition: max(seen, event.last)},
    )


def _newest(days: set[dt.date]) -> frozenset[dt.date]:
    return frozenset(sorted(days)[-DAYS_KEPT:])
