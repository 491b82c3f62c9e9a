"""What is remembered of a campaign's money to say whether it may bid, and from when again."""

from datetime import date, datetime

import msgspec
from msgspec.structs import replace

from domain.budget.days import end_of
from domain.budget.events import (
    BudgetAllocated,
    BudgetCorrected,
    BudgetEvent,
    BudgetHalted,
    BudgetRefunded,
    BudgetReleased,
    BudgetReserved,
    BudgetSpent,
    ReservationCommitted,
    ReservationExpired,
    ReservationReleased,
    SharedBudgetLeft,
)
from projections.budgets import spent_on_day


class Held(msgspec.Struct, frozen=True):
    """Money set aside of one day's budget."""

    micros: int
    on: date


class Purse(msgspec.Struct, frozen=True):
    """Micros of one currency; days are those of the budget's time zone.

    `halts` tells by shared budget until when it stops bids, None for as long as it is spent.
    """

    total: int = 0
    daily: int | None = None
    time_zone: str = "UTC"
    spent_total: int = 0
    spent_today: int = 0
    spent_on: date | None = None
    held: dict[str, Held] = {}
    halts: dict[str, datetime | None] = {}

    @property
    def has_money(self) -> bool:
        """Whether there is anything left that is neither spent nor set aside."""
        held = sum(hold.micros for hold in self.held.values())
        return self.spent_total + held < self.total and None not in self.halts.values()

    @property
    def exhausted_on(self) -> str:
        """The newest day whose budget is gone, as `YYYY-MM-DD`; empty for none."""
        days = [hold.on for hold in self.held.values()]
        if self.daily is None or not (days or self.spent_on):
            return ""
        day = max([*days, *([self.spent_on] if self.spent_on else [])])
        spent = self.spent_today if day == self.spent_on else 0
        gone = spent + sum(hold.micros for hold in self.held.values() if hold.on == day)
        return day.isoformat() if gone >= self.daily else ""

    @property
    def exhausted_until(self) -> int:
        """When the day's money is new again, in seconds since 1970; 0 for now."""
        untils = [int(until.timestamp()) for until in self.halts.values() if until]
        if day := self.exhausted_on:
            untils.append(int(end_of(date.fromisoformat(day), self.time_zone).timestamp()))
        return max(untils, default=0)


def after(purse: Purse, event: BudgetEvent) -> Purse:  # noqa: PLR0911 - a line a kind
    """Return the purse after one more event of the campaign's budget."""
    match event:
        case BudgetAllocated(total=total, daily=daily, time_zone=time_zone):
            limit = daily.micros if daily else None
            return replace(purse, total=total.micros, daily=limit, time_zone=time_zone)
        case BudgetSpent(amount=amount, on=on):
            return _spent(purse, amount.micros, on=on)
        case BudgetRefunded(amount=amount):
            return _spent(purse, -amount.micros, on=None)
        case BudgetCorrected(amount=change, on=day):
            return _spent(purse, change.micros, on=day)
        case BudgetReserved(reservation=name, amount=amount, on=on):
            return replace(purse, held={**purse.held, name: Held(amount.micros, on)})
        case ReservationCommitted(reservation=name, amount=amount, on=on):
            return _let_go(_spent(purse, amount.micros, on=on), name)
        case ReservationReleased(reservation=name) | ReservationExpired(reservation=name):
            return _let_go(purse, name)
        case BudgetHalted(shared_budget=shared, until=until):
            return replace(purse, halts={**purse.halts, shared: until})
        case BudgetReleased(shared_budget=shared) | SharedBudgetLeft(shared_budget=shared):
            halts = {name: until for name, until in purse.halts.items() if name != shared}
            return replace(purse, halts=halts)
        case _:
            return purse  # An alarm: the sums it speaks of are in the purse already.


def _spent(purse: Purse, micros: int, *, on: date | None) -> Purse:
    day, today = spent_on_day(purse.spent_on, purse.spent_today, on=on, micros=micros)
    total = max(0, purse.spent_total + micros)
    return replace(purse, spent_total=total, spent_today=today, spent_on=day)


def _let_go(purse: Purse, reservation: str) -> Purse:
    held = {name: hold for name, hold in purse.held.items() if name != reservation}
    return replace(purse, held=held)
