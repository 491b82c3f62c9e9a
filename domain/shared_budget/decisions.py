"""What may be done with a shared budget: set it, hold of it, count what its members spent."""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import NamedTuple

from domain.budget.days import day_of, is_zone
from domain.budget.decisions import CurrencyMismatch, TimeZoneUnknown
from domain.budget.holds import OPEN_MAX
from domain.budget.reservations import BudgetShort, TooManyReservations
from domain.budget.state import NEARING_PERCENT
from domain.identity import CampaignId
from domain.money import Money
from domain.refusal import FieldError, Reason, Refusal
from domain.shared_budget.events import (
    Member,
    SharedBudgetEvent,
    SharedBudgetExhausted,
    SharedBudgetHeld,
    SharedBudgetNearingLimit,
    SharedBudgetReplenished,
    SharedBudgetSet,
    SharedBudgetSpent,
    SharedDailyOverspent,
    SharedHoldDropped,
    Sum,
)
from domain.shared_budget.state import SharedBudget, Standing, Unset, evolve, hold_name

MEMBERS_MAX = 200
NAME = re.compile(r"^[A-Za-z0-9._~-]{1,64}$")


class SharedBudgetUnknown(Refusal, reason=Reason.UNKNOWN):
    """There is no such shared budget."""


class SharedBudgetNameWrong(Refusal, reason=Reason.MALFORMED):
    """A shared budget is named by up to 64 letters, digits, dots, dashes, tildes, underscores."""


class MembersWrong(Refusal, reason=Reason.MALFORMED):
    """These are not campaigns that can share a budget."""


class Tally(NamedTuple):
    """What a member's budget recorded past its version `after`, up to `through`."""

    campaign: CampaignId
    after: int
    through: int
    sums: tuple[Sum, ...] = ()
    ended: tuple[str, ...] = ()


class Plan(NamedTuple):
    """What a shared budget is for."""

    advertiser: str
    total: Money
    daily: Money | None
    time_zone: str
    campaigns: tuple[CampaignId, ...]


def set_plan(
    budget: SharedBudget,
    *,
    shared_budget: str,
    plan: Plan,
    tallies: Sequence[Tally],
    version: int,
    at: dt.datetime,
) -> list[SharedBudgetEvent]:
    """Say what may be spent and by whom.

    `tallies` tell how far each campaign's budget is, also those that leave: what they spent so
    far is counted first, and what a newcomer spent before is not. `version` is the stream's now.
    """
    if not NAME.match(shared_budget):
        raise SharedBudgetNameWrong
    _require_sound(plan)
    if isinstance(budget, Standing):
        if _plan_of(budget) == _sorted(plan):
            return []
        if budget.spent_micros and plan.total.currency != budget.total.currency:
            raise CurrencyMismatch(budget=budget.total.currency, amount=plan.total.currency)
    counted = [event for tally in tallies for event in _counted(budget, tally, at=at)]
    through = {tally.campaign: tally.through for tally in tallies}
    written = SharedBudgetSet(
        shared_budget=shared_budget,
        advertiser=plan.advertiser,
        total=plan.total,
        daily=plan.daily,
        time_zone=plan.time_zone,
        members=tuple(
            Member(campaign=campaign, since=through.get(campaign, 0))
            for campaign in sorted(plan.campaigns)
        ),
        version=version + len(counted) + 1,
        set_at=at,
    )
    return _with_alarms(budget, [*counted, written], at=at)


def count(budget: SharedBudget, *, tally: Tally, at: dt.datetime) -> list[SharedBudgetEvent]:
    """Count what a member spent and which of its reservations ended, each once."""
    return _with_alarms(budget, _counted(budget, tally, at=at), at=at)


def hold(
    budget: SharedBudget,
    *,
    campaign: CampaignId,
    reservation: str,
    attempt: str,
    amount: Money,
    expires_at: dt.datetime,
    at: dt.datetime,
) -> list[SharedBudgetEvent]:
    """Set money aside for a member's reservation; nobody else is bound by this budget.

    A hold lasts until the member's own budget says how it ended, never by the clock alone:
    what was committed in its last moment must not be promised to another meanwhile.
    """
    if isinstance(budget, Unset) or campaign not in budget.counted:
        return []
    if amount.currency != budget.total.currency:
        raise CurrencyMismatch(budget=budget.total.currency, amount=amount.currency)
    if hold_name(campaign, reservation, attempt) in budget.holds:
        return []
    if len(budget.holds) >= OPEN_MAX:
        raise TooManyReservations(open=str(len(budget.holds)))
    today = day_of(at, budget.time_zone)
    left = max(0, budget.left_on(today))
    if amount.micros > left:
        raise BudgetShort(
            left_micros=str(left), currency=amount.currency, shared_budget=budget.shared_budget
        )
    return [
        SharedBudgetHeld(
            shared_budget=budget.shared_budget,
            campaign=campaign,
            reservation=reservation,
            attempt=attempt,
            amount=amount,
            on=today,
            expires_at=expires_at,
            held_at=at,
        )
    ]


def drop(
    budget: SharedBudget, *, campaign: CampaignId, reservation: str, attempt: str, at: dt.datetime
) -> list[SharedBudgetEvent]:
    """Hold nothing for a reservation that the member's own budget never granted."""
    name = hold_name(campaign, reservation, attempt)
    if isinstance(budget, Unset) or name not in budget.holds:
        return []
    return [
        SharedHoldDropped(
            shared_budget=budget.shared_budget,
            campaign=campaign,
            reservation=reservation,
            attempt=attempt,
            dropped_at=at,
        )
    ]


def _counted(budget: SharedBudget, tally: Tally, *, at: dt.datetime) -> list[SharedBudgetEvent]:
    if isinstance(budget, Unset) or budget.counted.get(tally.campaign) != tally.after:
        return []  # Not a member, or counted further meanwhile: what is left is tallied anew.
    if not tally.sums and not tally.ended:
        return []
    return [
        SharedBudgetSpent(
            shared_budget=budget.shared_budget,
            campaign=tally.campaign,
            through=tally.through,
            sums=tally.sums,
            ended=tally.ended,
            spent_at=at,
        )
    ]


def _with_alarms(
    before: SharedBudget, news: list[SharedBudgetEvent], *, at: dt.datetime
) -> list[SharedBudgetEvent]:
    after = reduce(evolve, news, before)
    if isinstance(after, Unset) or not news:
        return news
    was_exhausted = isinstance(before, Standing) and before.exhausted
    return [*news, *_alarms(after, was_exhausted=was_exhausted, at=at)]


def _alarms(
    budget: Standing, *, was_exhausted: bool, at: dt.datetime
) -> Iterator[SharedBudgetEvent]:
    name, total = budget.shared_budget, budget.total
    spent = Money(micros=max(0, budget.spent_micros), currency=total.currency)
    if was_exhausted and spent.micros < total.micros:
        yield SharedBudgetReplenished(shared_budget=name, spent=spent, limit=total, at=at)
    if not budget.nearing and spent.micros * 100 >= total.micros * NEARING_PERCENT:
        yield SharedBudgetNearingLimit(shared_budget=name, spent=spent, limit=total, at=at)
    if not budget.exhausted and spent.micros >= total.micros:
        yield SharedBudgetExhausted(shared_budget=name, spent=spent, limit=total, at=at)
    if budget.daily is None:
        return
    for day, micros in sorted(budget.days.items()):
        if micros > budget.daily.micros and day not in budget.overspent_days:
            over = Money(micros=micros, currency=total.currency)
            yield SharedDailyOverspent(
                shared_budget=name, spent=over, limit=budget.daily, on=day, at=at
            )


def _require_sound(plan: Plan) -> None:
    if not is_zone(plan.time_zone):
        raise TimeZoneUnknown(time_zone=plan.time_zone)
    if plan.daily is not None and plan.daily.currency != plan.total.currency:
        raise CurrencyMismatch(budget=plan.total.currency, amount=plan.daily.currency)
    if len(set(plan.campaigns)) != len(plan.campaigns):
        raise MembersWrong(FieldError("/campaigns", "Name each campaign once"))
    if len(plan.campaigns) > MEMBERS_MAX:
        raise MembersWrong(FieldError("/campaigns", f"At most {MEMBERS_MAX} campaigns"))


def _plan_of(budget: Standing) -> Plan:
    campaigns = tuple(sorted(budget.counted))
    return Plan(budget.advertiser, budget.total, budget.daily, budget.time_zone, campaigns)


def _sorted(plan: Plan) -> Plan:
    return plan._replace(campaigns=tuple(sorted(plan.campaigns)))
