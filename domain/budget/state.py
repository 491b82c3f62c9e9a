"""What a budget is, given everything that happened to it."""

import datetime as dt
from typing import Literal

import msgspec
from msgspec.structs import replace

from domain.budget.events import (
    BudgetAllocated,
    BudgetCorrected,
    BudgetEvent,
    BudgetExhausted,
    BudgetHalted,
    BudgetNearingLimit,
    BudgetRefunded,
    BudgetReleased,
    BudgetReplenished,
    BudgetReserved,
    BudgetSpent,
    DailyBudgetOverspent,
    PacingFellBehind,
    PacingRanAhead,
    PacingRecovered,
    PacingSet,
    ReservationCommitted,
    ReservationExpired,
    ReservationReleased,
    SharedBudgetJoined,
    SharedBudgetLeft,
)
from domain.budget.holds import Closed, Hold, held, newest
from domain.budget.pacing import EVEN, Curve, Flight
from domain.identity import CampaignId
from domain.money import Money

DAYS_KEPT = 40  # spend arrives seconds after it happened; a month is ample, and bounded
NEARING_PERCENT = 80

Pace = Literal["on_plan", "behind", "ahead"]


class Unallocated(msgspec.Struct, frozen=True):
    """No money yet."""


class Allocated(msgspec.Struct, frozen=True, kw_only=True):
    """Money to spend, what was spent and set aside of it, and which alarms have rung."""

    campaign: CampaignId
    total: Money
    daily: Money | None
    campaign_version: int
    time_zone: str = "UTC"
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    spent_micros: int = 0  # after refunds and corrections
    impressions: int = 0
    days: dict[dt.date, int] = {}  # micros spent, by day of the time zone
    overspent_days: frozenset[dt.date] = frozenset()
    watermarks: dict[int, int] = {}  # the last fact counted, by partition
    nearing: bool = False
    exhausted: bool = False
    references: dict[str, int] = {}  # the change each refund or correction made, in micros
    holds: dict[str, Hold] = {}
    closed: dict[str, Closed] = {}
    curve: Curve = EVEN
    pacing_version: int = 0
    pace: Pace = "on_plan"
    shared: frozenset[str] = frozenset()  # the shared budgets whose money this is too
    halts: dict[str, dt.datetime | None] = {}  # by shared budget: until when it may not bid

    def spent_on(self, day: dt.date) -> int:
        """Return the micros spent on one day of the budget's zone."""
        return self.days.get(day, 0)

    def left_on(self, day: dt.date) -> int:
        """Return the micros that may still be set aside on that day; negative when overspent."""
        left = self.total.micros - self.spent_micros - held(self.holds.values())
        if self.daily is None:
            return left
        today = self.daily.micros - self.spent_on(day) - held(self.holds.values(), on=day)
        return min(left, today)

    @property
    def flight(self) -> Flight | None:
        if self.starts_at is None or self.ends_at is None:
            return None
        return Flight(starts_at=self.starts_at, ends_at=self.ends_at, time_zone=self.time_zone)


Budget = Unallocated | Allocated

UNALLOCATED = Unallocated()


def evolve(budget: Budget, event: BudgetEvent) -> Budget:
    """Accept what happened: history is never argued with, so nothing is refused."""
    if isinstance(budget, Unallocated):
        # Anything else is out of order: on the record, without effect.
        return _opened(event) if isinstance(event, BudgetAllocated) else budget
    return _changed(budget, event)


def _changed(  # noqa: C901, PLR0911, PLR0912 - one case per event: splitting would hide one
    budget: Allocated, event: BudgetEvent
) -> Allocated:
    match event:
        case BudgetSpent():
            return _spent(budget, event)
        case BudgetAllocated():
            return _reallocated(budget, event)
        case BudgetRefunded(reference=reference, amount=amount):
            return _adjusted(budget, reference, -amount.micros, None)
        case BudgetCorrected(reference=reference, amount=amount, on=on):
            return _adjusted(budget, reference, amount.micros, on)
        case BudgetReserved():
            return _reserved(budget, event)
        case ReservationCommitted():
            return _committed(budget, event)
        case ReservationReleased(reservation=name):
            return _ended(budget, name, Closed(end="released"))
        case ReservationExpired(reservation=name):
            return _ended(budget, name, Closed(end="expired"))
        case BudgetNearingLimit():
            return replace(budget, nearing=True)
        case BudgetExhausted():
            return replace(budget, exhausted=True)
        case BudgetReplenished():
            return replace(budget, exhausted=False)
        case DailyBudgetOverspent(on=day):
            return replace(budget, overspent_days=_newest({*budget.overspent_days, day}))
        case PacingSet(curve=curve, version=version):
            return replace(budget, curve=curve, pacing_version=version)
        case PacingFellBehind():
            return replace(budget, pace="behind")
        case PacingRanAhead():
            return replace(budget, pace="ahead")
        case PacingRecovered():
            return replace(budget, pace="on_plan")
        case SharedBudgetJoined() | SharedBudgetLeft() | BudgetHalted() | BudgetReleased():
            return _shared(budget, event)


def _opened(event: BudgetAllocated) -> Allocated:
    return Allocated(
        campaign=event.campaign,
        total=event.total,
        daily=event.daily,
        campaign_version=event.campaign_version,
        time_zone=event.time_zone,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
    )


def _reallocated(budget: Allocated, event: BudgetAllocated) -> Allocated:
    raised = event.total.micros > budget.total.micros
    return replace(
        budget,
        total=event.total,
        daily=event.daily,
        campaign_version=event.campaign_version,
        time_zone=event.time_zone,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        nearing=budget.nearing and not raised,
        exhausted=budget.exhausted and not raised,
    )


def _spent(budget: Allocated, event: BudgetSpent) -> Allocated:
    micros, partition, last = event.amount.micros, event.partition, event.last
    seen = budget.watermarks.get(partition, 0)
    return replace(
        budget,
        spent_micros=budget.spent_micros + micros,
        impressions=budget.impressions + event.impressions,
        days=_with(budget.days, event.on, micros),
        watermarks={**budget.watermarks, partition: max(seen, last)},
    )


def _adjusted(budget: Allocated, reference: str, micros: int, on: dt.date | None) -> Allocated:
    spent = budget.spent_micros + micros
    days = budget.days
    if on is not None and (on in days or micros > 0):  # A day that was forgotten stays so.
        days = _with(days, on, micros)
    limit = budget.daily.micros if budget.daily else None
    calm = frozenset(d for d in budget.overspent_days if limit and days.get(d, 0) <= limit)
    return replace(
        budget,
        spent_micros=spent,
        days=days,
        overspent_days=budget.overspent_days - calm,
        nearing=budget.nearing and spent * 100 >= budget.total.micros * NEARING_PERCENT,
        references={**budget.references, reference: micros},
    )


def _reserved(budget: Allocated, event: BudgetReserved) -> Allocated:
    hold = Hold(micros=event.amount.micros, on=event.on, expires_at=event.expires_at)
    closed = {name: end for name, end in budget.closed.items() if name != event.reservation}
    return replace(budget, holds={**budget.holds, event.reservation: hold}, closed=closed)


def _committed(budget: Allocated, event: ReservationCommitted) -> Allocated:
    micros = event.amount.micros
    return replace(
        _ended(budget, event.reservation, Closed(end="committed", micros=micros)),
        spent_micros=budget.spent_micros + micros,
        days=_with(budget.days, event.on, micros),
    )


def _ended(budget: Allocated, name: str, closed: Closed) -> Allocated:
    holds = {other: hold for other, hold in budget.holds.items() if other != name}
    return replace(budget, holds=holds, closed=newest({**budget.closed, name: closed}))


def _shared(
    budget: Allocated,
    event: SharedBudgetJoined | SharedBudgetLeft | BudgetHalted | BudgetReleased,
) -> Allocated:
    name = event.shared_budget
    others = {shared: until for shared, until in budget.halts.items() if shared != name}
    match event:
        case SharedBudgetJoined():
            return replace(budget, shared=budget.shared | {name})
        case SharedBudgetLeft():
            return replace(budget, shared=budget.shared - {name}, halts=others)
        case BudgetHalted(until=until):
            return replace(budget, halts={**others, name: until})
        case BudgetReleased():
            return replace(budget, halts=others)


def _with(days: dict[dt.date, int], day: dt.date, micros: int) -> dict[dt.date, int]:
    changed = {**days, day: days.get(day, 0) + micros}
    if len(changed) <= DAYS_KEPT:
        return changed
    return {day: changed[day] for day in sorted(changed)[-DAYS_KEPT:]}


def _newest(days: set[dt.date]) -> frozenset[dt.date]:
    return frozenset(sorted(days)[-DAYS_KEPT:])
