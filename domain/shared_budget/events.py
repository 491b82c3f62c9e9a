"""Facts about money that several campaigns spend together."""

import datetime as dt

import msgspec

from domain.event import Event
from domain.identity import CampaignId
from domain.money import Money


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign whose spend counts here from a version of its own budget on."""

    campaign: CampaignId
    since: int


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """A change of what was spent, in micros; `on` is its day, None when it is of none."""

    micros: int
    on: dt.date | None = None


class SharedBudgetSet(Event, frozen=True, kw_only=True, tag="shared_budget.set.v1"):
    """The whole of it, as it reads from now on."""

    shared_budget: str
    advertiser: str
    total: Money
    daily: Money | None = None
    time_zone: str = "UTC"
    members: tuple[Member, ...]
    version: int  # of this stream with this event: an edit must have read at least so much
    set_at: dt.datetime


class SharedBudgetSpent(Event, frozen=True, kw_only=True, tag="shared_budget.spent.v1"):
    """What a member's budget recorded up to its version `through`, and the holds that ended."""

    shared_budget: str
    campaign: CampaignId
    through: int
    sums: tuple[Sum, ...]
    ended: tuple[str, ...] = ()
    spent_at: dt.datetime


class SharedBudgetHeld(Event, frozen=True, kw_only=True, tag="shared_budget.held.v1"):
    """Set aside for a reservation that a member's own budget is about to be asked for.

    `attempt` tells two requests for the same reservation apart, of which one may fail.
    """

    shared_budget: str
    campaign: CampaignId
    reservation: str
    attempt: str
    amount: Money
    on: dt.date
    expires_at: dt.datetime
    held_at: dt.datetime


class SharedHoldDropped(Event, frozen=True, kw_only=True, tag="shared_budget.hold_dropped.v1"):
    """The campaign's own budget did not grant the reservation: nothing is held for it."""

    shared_budget: str
    campaign: CampaignId
    reservation: str
    attempt: str
    dropped_at: dt.datetime


class SharedBudgetNearingLimit(
    Event, frozen=True, kw_only=True, tag="shared_budget.nearing_limit.v1"
):
    shared_budget: str
    spent: Money
    limit: Money
    at: dt.datetime


class SharedBudgetExhausted(Event, frozen=True, kw_only=True, tag="shared_budget.exhausted.v1"):
    shared_budget: str
    spent: Money
    limit: Money
    at: dt.datetime


class SharedBudgetReplenished(Event, frozen=True, kw_only=True, tag="shared_budget.replenished.v1"):
    shared_budget: str
    spent: Money
    limit: Money
    at: dt.datetime


class SharedDailyOverspent(
    Event, frozen=True, kw_only=True, tag="shared_budget.daily_overspent.v1"
):
    shared_budget: str
    spent: Money
    limit: Money
    on: dt.date
    at: dt.datetime


SharedBudgetEvent = (
    SharedBudgetSet
    | SharedBudgetSpent
    | SharedBudgetHeld
    | SharedHoldDropped
    | SharedBudgetNearingLimit
    | SharedBudgetExhausted
    | SharedBudgetReplenished
    | SharedDailyOverspent
)
