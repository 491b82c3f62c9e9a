"""What each campaign may spend, what it did spend, and when that was worth an alert."""

from datetime import date, datetime

import msgspec
from msgspec.structs import replace

from domain.budget.events import (
    Alarm,
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
from domain.budget.pacing import EVEN, Curve, Flight
from domain.envelope import Recorded
from domain.money import Money
from projections.projection import Projection

ALERTS_KEPT = 100  # a year of daily overspends would make every answer heavy
KINDS: dict[type[Alarm], str] = {
    BudgetNearingLimit: "nearing_limit",
    BudgetExhausted: "exhausted",
    BudgetReplenished: "replenished",
    DailyBudgetOverspent: "daily_overspent",
    PacingFellBehind: "pacing_behind",
    PacingRanAhead: "pacing_ahead",
    PacingRecovered: "pacing_recovered",
}


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """What was spent of what: of the total, of a day's budget (`on`), or of what pacing expected.

    `kind` is nearing_limit, exhausted, replenished, daily_overspent, pacing_behind,
    pacing_ahead or pacing_recovered.
    """

    kind: str
    at: datetime
    spent: Money
    limit: Money
    on: date | None = None


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """Money set aside: `on` is the day whose budget it is of."""

    reservation: str
    amount: Money
    on: date
    expires_at: datetime


class Halt(msgspec.Struct, frozen=True, kw_only=True):
    """A shared budget is spent: until a time, or until it has room again."""

    shared_budget: str
    until: datetime | None


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign's money, all in `currency`; `spent_today` belongs to the local day `spent_on`.

    `spent_total` is after refunds and corrections; `reservations` are those open.
    """

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
    time_zone: str = "UTC"
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    refunded_micros: int = 0
    corrected_micros: int = 0
    curve: Curve = EVEN
    reservations: tuple[Reservation, ...] = ()
    shared: tuple[str, ...] = ()
    halts: tuple[Halt, ...] = ()

    @property
    def flight(self) -> Flight | None:
        if self.starts_at is None or self.ends_at is None:
            return None
        return Flight(starts_at=self.starts_at, ends_at=self.ends_at, time_zone=self.time_zone)

    @property
    def reserved_micros(self) -> int:
        return sum(reservation.amount.micros for reservation in self.reservations)


def fold(budget: Budget | None, event: BudgetEvent, recorded: Recorded) -> Budget | None:
    """Return the budget after one more event; money without an allocation is no budget."""
    if budget is None:
        return _opened(event, recorded) if isinstance(event, BudgetAllocated) else None
    return replace(_changed(budget, event), version=recorded.version, position=recorded.position)


def spent_on_day(
    day: date | None, spent_micros: int, *, on: date | None, micros: int
) -> tuple[date | None, int]:
    """Return the newest day with money spent on it, and its micros.

    Spend of an earlier day may arrive late: it adds to the total alone.
    """
    if on is None or (day is not None and on < day):
        return day, spent_micros
    if day is None or on > day:
        return on, max(0, micros)
    return day, max(0, spent_micros + micros)


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
        time_zone=event.time_zone,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
    )


def _changed(budget: Budget, event: BudgetEvent) -> Budget:  # noqa: PLR0911 - a line a kind
    match event:
        case BudgetAllocated():
            return _reallocated(budget, event)
        case BudgetSpent(amount=amount, on=on, impressions=impressions):
            spent = _spent(budget, amount.micros, on=on)
            return replace(spent, impressions=budget.impressions + impressions)
        case BudgetRefunded(amount=amount):
            refunded = budget.refunded_micros + amount.micros
            return replace(_spent(budget, -amount.micros, on=None), refunded_micros=refunded)
        case BudgetCorrected(amount=change, on=day):
            corrected = budget.corrected_micros + change.micros
            return replace(_spent(budget, change.micros, on=day), corrected_micros=corrected)
        case BudgetReserved():
            return _reserved(budget, event)
        case ReservationCommitted(amount=amount, on=on, reservation=name):
            return _ended(_spent(budget, amount.micros, on=on), name)
        case ReservationReleased(reservation=name) | ReservationExpired(reservation=name):
            return _ended(budget, name)
        case PacingSet(curve=curve):
            return replace(budget, curve=curve)
        case SharedBudgetJoined() | SharedBudgetLeft() | BudgetHalted() | BudgetReleased():
            return _shared(budget, event)
        case _:
            return _alerted(budget, event)


def _reallocated(budget: Budget, event: BudgetAllocated) -> Budget:
    return replace(
        budget,
        total=event.total,
        daily=event.daily,
        currency=event.total.currency,
        spent_total=replace(budget.spent_total, currency=event.total.currency),
        spent_today=replace(budget.spent_today, currency=event.total.currency),
        time_zone=event.time_zone,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
    )


def _spent(budget: Budget, micros: int, *, on: date | None) -> Budget:
    day, today = spent_on_day(budget.spent_on, budget.spent_today.micros, on=on, micros=micros)
    return replace(
        budget,
        spent_total=_money(budget, max(0, budget.spent_total.micros + micros)),
        spent_today=_money(budget, today),
        spent_on=day,
    )


def _reserved(budget: Budget, event: BudgetReserved) -> Budget:
    opened = Reservation(
        reservation=event.reservation,
        amount=event.amount,
        on=event.on,
        expires_at=event.expires_at,
    )
    return replace(budget, reservations=(*budget.reservations, opened))


def _ended(budget: Budget, name: str) -> Budget:
    left = tuple(held for held in budget.reservations if held.reservation != name)
    return replace(budget, reservations=left)


def _shared(
    budget: Budget,
    event: SharedBudgetJoined | SharedBudgetLeft | BudgetHalted | BudgetReleased,
) -> Budget:
    name = event.shared_budget
    others = tuple(halt for halt in budget.halts if halt.shared_budget != name)
    match event:
        case SharedBudgetJoined():
            return replace(budget, shared=(*budget.shared, name))
        case SharedBudgetLeft():
            left = tuple(shared for shared in budget.shared if shared != name)
            return replace(budget, shared=left, halts=others)
        case BudgetHalted(until=until):
            return replace(budget, halts=(*others, Halt(shared_budget=name, until=until)))
        case BudgetReleased():
            return replace(budget, halts=others)


def _alerted(budget: Budget, event: Alarm) -> Budget:
    if isinstance(event, PacingFellBehind | PacingRanAhead | PacingRecovered):
        limit = event.expected
    else:
        limit = event.limit
    alert = Alert(
        kind=KINDS[type(event)],
        at=event.at,
        spent=event.spent,
        limit=limit,
        on=event.on if isinstance(event, DailyBudgetOverspent) else None,
    )
    return replace(budget, alerts=(*budget.alerts, alert)[-ALERTS_KEPT:])


def _money(budget: Budget, micros: int) -> Money:
    return Money(micros=micros, currency=budget.currency)


BUDGETS = Projection(name="budgets", version=2, events=BudgetEvent, memory=Budget, fold=fold)
