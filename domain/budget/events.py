"""Facts about a campaign's money."""

import datetime as dt

from domain.budget.amounts import SignedMoney
from domain.budget.pacing import Curve
from domain.event import Event
from domain.identity import CampaignId
from domain.money import Money


class BudgetAllocated(
    Event, frozen=True, kw_only=True, omit_defaults=True, tag="budget.allocated.v1"
):
    campaign: CampaignId
    total: Money
    daily: Money | None = None
    campaign_version: int  # of the brief that asked for it
    allocated_at: dt.datetime
    time_zone: str = "UTC"  # the advertiser's: whose midnight ends a day
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None


class BudgetSpent(Event, frozen=True, kw_only=True, tag="budget.spent.v1"):
    """Billed impressions of one day of the budget's zone, from one range of a facts partition."""

    campaign: CampaignId
    amount: Money
    impressions: int
    partition: int
    first: int
    last: int
    on: dt.date
    spent_at: dt.datetime


class BudgetRefunded(Event, frozen=True, kw_only=True, tag="budget.refunded.v1"):
    """Money that came back: less is spent in all, while the day's delivery stays what it was."""

    campaign: CampaignId
    amount: Money
    reason: str
    reference: str  # of whoever refunds: the same one counts once
    refunded_at: dt.datetime


class BudgetCorrected(Event, frozen=True, kw_only=True, tag="budget.corrected.v1"):
    """What was recorded as spent was wrong by so much, on that day when one is named."""

    campaign: CampaignId
    amount: SignedMoney
    on: dt.date | None = None
    reason: str
    reference: str
    corrected_at: dt.datetime


class BudgetReserved(Event, frozen=True, kw_only=True, tag="budget.reserved.v1"):
    """Money set aside until it is committed or released, of the day it was asked on."""

    campaign: CampaignId
    reservation: str
    amount: Money
    on: dt.date
    expires_at: dt.datetime
    reserved_at: dt.datetime


class ReservationCommitted(Event, frozen=True, kw_only=True, tag="budget.reservation_committed.v1"):
    """So much of the reservation was spent; the rest is free again."""

    campaign: CampaignId
    reservation: str
    amount: Money
    on: dt.date
    committed_at: dt.datetime


class ReservationReleased(Event, frozen=True, kw_only=True, tag="budget.reservation_released.v1"):
    campaign: CampaignId
    reservation: str
    released_at: dt.datetime


class ReservationExpired(Event, frozen=True, kw_only=True, tag="budget.reservation_expired.v1"):
    campaign: CampaignId
    reservation: str
    expired_at: dt.datetime


class BudgetNearingLimit(Event, frozen=True, kw_only=True, tag="budget.nearing_limit.v1"):
    campaign: CampaignId
    spent: Money
    limit: Money
    at: dt.datetime


class BudgetExhausted(Event, frozen=True, kw_only=True, tag="budget.exhausted.v1"):
    campaign: CampaignId
    spent: Money
    limit: Money
    at: dt.datetime


class BudgetReplenished(Event, frozen=True, kw_only=True, tag="budget.replenished.v1"):
    """An exhausted budget has room again: it was raised, or money came back."""

    campaign: CampaignId
    spent: Money
    limit: Money
    at: dt.datetime


class DailyBudgetOverspent(Event, frozen=True, kw_only=True, tag="budget.daily_overspent.v1"):
    campaign: CampaignId
    spent: Money
    limit: Money
    on: dt.date
    at: dt.datetime


class PacingSet(Event, frozen=True, kw_only=True, tag="budget.pacing_set.v1"):
    campaign: CampaignId
    curve: Curve
    version: int  # of the budget with this event: an edit must have read at least so much
    set_at: dt.datetime


class PacingFellBehind(Event, frozen=True, kw_only=True, tag="budget.pacing_behind.v1"):
    campaign: CampaignId
    spent: Money
    expected: Money
    at: dt.datetime


class PacingRanAhead(Event, frozen=True, kw_only=True, tag="budget.pacing_ahead.v1"):
    campaign: CampaignId
    spent: Money
    expected: Money
    at: dt.datetime


class PacingRecovered(Event, frozen=True, kw_only=True, tag="budget.pacing_recovered.v1"):
    """Spend is back on its curve, so that the next departure is told again."""

    campaign: CampaignId
    spent: Money
    expected: Money
    at: dt.datetime


class SharedBudgetJoined(Event, frozen=True, kw_only=True, tag="budget.shared_joined.v1"):
    """From here on the campaign's money is also another budget's."""

    campaign: CampaignId
    shared_budget: str
    joined_at: dt.datetime


class SharedBudgetLeft(Event, frozen=True, kw_only=True, tag="budget.shared_left.v1"):
    campaign: CampaignId
    shared_budget: str
    left_at: dt.datetime


class BudgetHalted(Event, frozen=True, kw_only=True, tag="budget.halted.v1"):
    """A shared budget is spent: the campaign may not bid, until a time or until it is released."""

    campaign: CampaignId
    shared_budget: str
    until: dt.datetime | None = None
    at: dt.datetime


class BudgetReleased(Event, frozen=True, kw_only=True, tag="budget.released.v1"):
    """The shared budget that halted the campaign has room again."""

    campaign: CampaignId
    shared_budget: str
    at: dt.datetime


Alarm = (
    BudgetNearingLimit
    | BudgetExhausted
    | BudgetReplenished
    | DailyBudgetOverspent
    | PacingFellBehind
    | PacingRanAhead
    | PacingRecovered
)
BudgetEvent = (
    BudgetAllocated
    | BudgetSpent
    | BudgetRefunded
    | BudgetCorrected
    | BudgetReserved
    | ReservationCommitted
    | ReservationReleased
    | ReservationExpired
    | BudgetNearingLimit
    | BudgetExhausted
    | BudgetReplenished
    | DailyBudgetOverspent
    | PacingSet
    | PacingFellBehind
    | PacingRanAhead
    | PacingRecovered
    | SharedBudgetJoined
    | SharedBudgetLeft
    | BudgetHalted
    | BudgetReleased
)
