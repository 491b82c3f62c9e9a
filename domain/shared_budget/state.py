"""What a shared budget is, given everything that happened to it."""

import datetime as dt

import msgspec
from msgspec.structs import replace

from domain.budget.holds import Hold, held
from domain.budget.state import DAYS_KEPT, NEARING_PERCENT
from domain.identity import CampaignId
from domain.money import Money
from domain.shared_budget.events import (
    SharedBudgetEvent,
    SharedBudgetExhausted,
    SharedBudgetHeld,
    SharedBudgetNearingLimit,
    SharedBudgetReplenished,
    SharedBudgetSet,
    SharedBudgetSpent,
    SharedDailyOverspent,
    SharedHoldDropped,
)


class Unset(msgspec.Struct, frozen=True):
    """No money yet."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Money of an advertiser, who may spend it, and what was spent and set aside of it.

    `counted` maps each member to the version of its budget up to which its money is counted;
    holds are named `campaign/reservation/attempt`.
    """

    shared_budget: str
    advertiser: str
    total: Money
    daily: Money | None
    time_zone: str
    counted: dict[CampaignId, int]
    set_version: int
    spent_micros: int = 0
    days: dict[dt.date, int] = {}
    holds: dict[str, Hold] = {}
    nearing: bool = False
    exhausted: bool = False
    overspent_days: frozenset[dt.date] = frozenset()

    def left_on(self, day: dt.date) -> int:
        """Return the micros that may still be set aside on that day; negative when overspent."""
        left = self.total.micros - self.spent_micros - held(self.holds.values())
        if self.daily is None:
            return left
        spent = self.days.get(day, 0) + held(self.holds.values(), on=day)
        return min(left, self.daily.micros - spent)

    def day_is_spent(self, day: dt.date) -> bool:
        """Return whether that day's share is gone."""
        return self.daily is not None and self.days.get(day, 0) >= self.daily.micros


SharedBudget = Unset | Standing

UNSET = Unset()


def hold_name(campaign: CampaignId, reservation: str, attempt: str = "") -> str:
    """Return a hold's name; without an attempt, how the names of all its attempts begin."""
    return f"{campaign}/{reservation}/{attempt}"


def evolve(budget: SharedBudget, event: SharedBudgetEvent) -> SharedBudget:
    """Accept what happened: history is never argued with, so nothing is refused."""
    if isinstance(budget, Unset):
        # Anything else is out of order: on the record, without effect.
        return _opened(event) if isinstance(event, SharedBudgetSet) else budget
    return _changed(budget, event)


def _changed(  # noqa: PLR0911 - one case per event: splitting would hide one
    budget: Standing, event: SharedBudgetEvent
) -> Standing:
    match event:
        case SharedBudgetSet():
            return _set_again(budget, event)
        case SharedBudgetSpent():
            return _spent(budget, event)
        case SharedBudgetHeld(campaign=campaign, reservation=reservation, attempt=attempt):
            hold = Hold(micros=event.amount.micros, on=event.on, expires_at=event.expires_at)
            name = hold_name(campaign, reservation, attempt)
            return replace(budget, holds={**budget.holds, name: hold})
        case SharedHoldDropped(campaign=campaign, reservation=reservation, attempt=attempt):
            gone = hold_name(campaign, reservation, attempt)
            holds = {name: hold for name, hold in budget.holds.items() if name != gone}
            return replace(budget, holds=holds)
        case SharedBudgetNearingLimit():
            return replace(budget, nearing=True)
        case SharedBudgetExhausted():
            return replace(budget, exhausted=True)
        case SharedBudgetReplenished():
            return replace(budget, exhausted=False)
        case SharedDailyOverspent(on=on):
            days = sorted({*budget.overspent_days, on})[-DAYS_KEPT:]
            return replace(budget, overspent_days=frozenset(days))


def _opened(event: SharedBudgetSet) -> Standing:
    return Standing(
        shared_budget=event.shared_budget,
        advertiser=event.advertiser,
        total=event.total,
        daily=event.daily,
        time_zone=event.time_zone,
        counted={member.campaign: member.since for member in event.members},
        set_version=event.version,
    )


def _set_again(budget: Standing, event: SharedBudgetSet) -> Standing:
    opened = _opened(event)
    counted = {
        campaign: max(since, budget.counted.get(campaign, 0))
        for campaign, since in opened.counted.items()
    }
    raised = event.total.micros > budget.total.micros
    return replace(
        opened,
        counted=counted,
        spent_micros=budget.spent_micros,
        days=budget.days,
        holds={n: hold for n, hold in budget.holds.items() if n.partition("/")[0] in counted},
        nearing=budget.nearing and not raised,
        exhausted=budget.exhausted and not raised,
        overspent_days=budget.overspent_days,
    )


def _spent(budget: Standing, event: SharedBudgetSpent) -> Standing:
    days = dict(budget.days)
    for sum_ in event.sums:
        if sum_.on is not None:
            days[sum_.on] = max(0, days.get(sum_.on, 0) + sum_.micros)
    # What comes back may have been spent before the campaign joined: never below nothing.
    spent = max(0, budget.spent_micros + sum(sum_.micros for sum_ in event.sums))
    limit = budget.daily.micros if budget.daily else 0
    return replace(
        budget,
        spent_micros=spent,
        days={day: days[day] for day in sorted(days)[-DAYS_KEPT:]},
        counted={**budget.counted, event.campaign: event.through},
        holds=_without(budget, event.campaign, event.ended),
        nearing=budget.nearing and spent * 100 >= budget.total.micros * NEARING_PERCENT,
        overspent_days=frozenset(d for d in budget.overspent_days if days.get(d, 0) > limit),
    )


def _without(
    budget: Standing, campaign: CampaignId, reservations: tuple[str, ...]
) -> dict[str, Hold]:
    gone = tuple(hold_name(campaign, reservation) for reservation in reservations)
    return {name: hold for name, hold in budget.holds.items() if not name.startswith(gone)}
