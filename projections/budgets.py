"""What each campaign may spend, what it did spend, and when that was worth an alert."""

from datetime import date, datetime

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
from domain.envelope import Recorded
from domain.money import Money
from projections.projection import Projection


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """`kind` is nearing_limit, exhausted or daily_overspent; `on` is the day of the last."""

    kind: str
    at: datetime
    spent: Money
    limit: Money
    on: date | None = None


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign's money, all in `currency`; `spent_today` belongs to the UTC day `spent_on`."""

    campaign: str
    currency: str
    total: Money
    daily: Money | None
    spent_total: Money
    spent_today: Money
    spent_on: date | None
    impressions: int
    alerts: tuple[Alert, ...]
    version: int
    position: int


def fold(budget: Budget | None, event: BudgetEvent, recorded: Recorded) -> Budget | None:
    """Return the budget after one more event; money without an allocation is no budget."""
    if budget is None:
        return _opened(event, recorded) if isinstance(event, BudgetAllocated) else None
    return replace(_changed(budget, event), version=recorded.version, position=recorded.position)


def spent_on_day(
    day: date | None, spent_micros: int, spending: BudgetSpent
) -> tuple[date | None, int]:
    """Return the newest day with money spent on it, and its micros.

    Spend of an earlier day may arrive late: it adds to the total alone.
    """
    if day is None or spending.on > day:
        return spending.on, spending.amount.micros
    if spending.on == day:
        return day, spent_micros + spending.amount.micros
    return day, spent_micros


def _opened(event: BudgetAllocated, recorded: Recorded) -> Budget:
    nothing = Money(micros=0, currency=event.total.currency)
    return Budget(
        campaign=event.campaign,
        currency=event.total.currency,
        total=event.total,
        daily=event.daily,
        spent_total=nothing,
        spent_today=nothing,
        spent_on=None,
        impressions=0,
        alerts=(),
        version=recorded.version,
        position=recorded.position,
    )


def _changed(budget: Budget, event: BudgetEvent) -> Budget:
    match event:
        case BudgetAllocated(total=total, daily=daily):
            return replace(budget, total=total, daily=daily, currency=total.currency)
        case BudgetSpent():
            return _spent(budget, event)
        case BudgetNearingLimit():
            return _alerted(budget, "nearing_limit", event)
        case BudgetExhausted():
            return _alerted(budget, "exhausted", event)
        case DailyBudgetOverspent(on=on):
            return _alerted(budget, "daily_overspent", event, on=on)


def _spent(budget: Budget, event: BudgetSpent) -> Budget:
    day, micros = spent_on_day(budget.spent_on, budget.spent_today.micros, event)
    return replace(
        budget,
        spent_total=_money(budget, budget.spent_total.micros + event.amount.micros),
        spent_today=_money(budget, micros),
        spent_on=day,
        impressions=budget.impressions + event.impressions,
    )


def _alerted(
    budget: Budget,
    kind: str,
    event: BudgetNearingLimit | BudgetExhausted | DailyBudgetOverspent,
    *,
    on: date | None = None,
) -> Budget:
    alert = Alert(kind=kind, at=event.at, spent=event.spent, limit=event.limit, on=on)
    return replace(budget, alerts=(*budget.alerts, alert))


def _money(budget: Budget, micros: int) -> Money:
    return Money(micros=micros, currency=budget.currency)


BUDGETS = Projection(name="budgets", events=BudgetEvent, memory=Budget, fold=fold)
