"""Money set aside before it is spent, so that together no more is promised than there is."""

import datetime as dt

from domain.budget.adjustments import AmountWrong
from domain.budget.alarms import with_alarms
from domain.budget.days import day_of
from domain.budget.decisions import BudgetUnknown, in_currency
from domain.budget.events import (
    BudgetEvent,
    BudgetReserved,
    ReservationCommitted,
    ReservationExpired,
    ReservationReleased,
)
from domain.budget.holds import OPEN_MAX, Hold
from domain.budget.state import Allocated, Budget, Unallocated, evolve
from domain.money import Money
from domain.refusal import FieldError, Reason, Refusal

LONGEST = dt.timedelta(hours=24)


class BudgetShort(Refusal, reason=Reason.UNTIMELY):
    """There is less left than was asked for: the details say how much."""


class ReservationUnknown(Refusal, reason=Reason.UNKNOWN):
    """This budget holds no such reservation, or closed it long ago."""


class ReservationTaken(Refusal, reason=Reason.UNTIMELY):
    """This name already stands for a reservation of another amount or time."""


class ReservationClosed(Refusal, reason=Reason.UNTIMELY):
    """This reservation has ended in another way already: the details say how."""


class ReservationLapsed(Refusal, reason=Reason.UNTIMELY):
    """This reservation has expired: reserve again before you spend."""


class CommitTooLarge(Refusal, reason=Reason.UNTIMELY):
    """More cannot be committed than was reserved."""


class ExpiryWrong(Refusal, reason=Reason.MALFORMED):
    """A reservation expires in the future, and within a day."""


class TooManyReservations(Refusal, reason=Reason.UNTIMELY):
    """So many reservations are open that some must be committed or released first."""


def reserve(
    budget: Budget, *, reservation: str, amount: Money, expires_at: dt.datetime, at: dt.datetime
) -> list[BudgetEvent]:
    """Set money aside; whatever has expired by `at` makes room first."""
    budget = in_currency(budget, amount.currency)
    if _known(budget, reservation, amount=amount, expires_at=expires_at):
        return []
    if amount.micros == 0:
        raise AmountWrong(FieldError("/amount/micros", "Reserve more than nothing"))
    if not at < expires_at <= at + LONGEST:
        raise ExpiryWrong(FieldError("/expires_at", "Must lie ahead, by a day at most"))
    expired = _expired(budget, at=at)
    for event in expired:
        budget = evolve(budget, event)
    assert isinstance(budget, Allocated)  # noqa: S101 - an expiry takes no allocation away
    if len(budget.holds) >= OPEN_MAX:
        raise TooManyReservations(open=str(len(budget.holds)))
    today = day_of(at, budget.time_zone)
    left = max(0, budget.left_on(today))
    if amount.micros > left:
        raise BudgetShort(left_micros=str(left), currency=amount.currency)
    reserved = BudgetReserved(
        campaign=budget.campaign,
        reservation=reservation,
        amount=amount,
        on=today,
        expires_at=expires_at,
        reserved_at=at,
    )
    return [*expired, reserved]


def commit(
    budget: Budget, *, reservation: str, amount: Money | None, at: dt.datetime
) -> list[BudgetEvent]:
    """Spend a reservation, or as much of it as `amount` says; the rest is free again."""
    hold = _open(budget, reservation, end="committed", amount=amount)
    if hold is None:
        return []
    budget = in_currency(budget, amount.currency if amount else _currency(budget))
    actual = amount or Money(micros=hold.micros, currency=budget.total.currency)
    if at >= hold.expires_at:
        raise ReservationLapsed(expired_at=hold.expires_at.isoformat())
    if actual.micros > hold.micros:
        raise CommitTooLarge(reserved_micros=str(hold.micros))
    committed = ReservationCommitted(
        campaign=budget.campaign,
        reservation=reservation,
        amount=actual,
        on=hold.on,
        committed_at=at,
    )
    return with_alarms(budget, [committed], at=at)


def release(budget: Budget, *, reservation: str, at: dt.datetime) -> list[BudgetEvent]:
    """Give a reservation back unspent; one that expired is given back already."""
    if _open(budget, reservation, end="released") is None:
        return []
    campaign = in_currency(budget, _currency(budget)).campaign
    return [ReservationReleased(campaign=campaign, reservation=reservation, released_at=at)]


def expire(budget: Budget, *, reservation: str, at: dt.datetime) -> list[BudgetEvent]:
    """Give back a reservation whose time has come; silent for any other."""
    if isinstance(budget, Unallocated):
        return []
    return [event for event in _expired(budget, at=at) if event.reservation == reservation]


def _known(budget: Allocated, name: str, *, amount: Money, expires_at: dt.datetime) -> bool:
    if closed := budget.closed.get(name):
        raise ReservationClosed(end=closed.end)
    hold = budget.holds.get(name)
    if hold and (hold.micros, hold.expires_at) != (amount.micros, expires_at):
        raise ReservationTaken(reservation=name)
    return hold is not None


def _open(budget: Budget, name: str, *, end: str, amount: Money | None = None) -> Hold | None:
    """Return the open reservation, None when it ended in just this way before."""
    if isinstance(budget, Unallocated):
        raise BudgetUnknown
    if hold := budget.holds.get(name):
        return hold
    closed = budget.closed.get(name)
    if closed is None:
        raise ReservationUnknown
    same = closed.end == end or (end == "released" and closed.end == "expired")
    if not same or (amount is not None and amount.micros != closed.micros):
        raise ReservationClosed(end=closed.end)
    return None


def _expired(budget: Allocated, *, at: dt.datetime) -> list[ReservationExpired]:
    return [
        ReservationExpired(campaign=budget.campaign, reservation=name, expired_at=at)
        for name, hold in budget.holds.items()
        if hold.expires_at <= at
    ]


def _currency(budget: Budget) -> str:
    return budget.total.currency if isinstance(budget, Allocated) else ""
