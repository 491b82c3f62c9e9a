"""Facts about a campaign's money."""

import datetime as dt

from domain.event import Event
from domain.identity import CampaignId
from domain.money import Money


class BudgetAllocated(Event, frozen=True, kw_only=True, tag="budget.allocated.v1"):
    campaign: CampaignId
    total: Money
    daily: Money | None = None
    campaign_version: int  # of the brief that asked for it
    allocated_at: dt.datetime


class BudgetSpent(Event, frozen=True, kw_only=True, tag="budget.spent.v1"):
    """Billed impressions of one UTC day, taken from one range of a facts partition."""

    campaign: CampaignId
    amount: Money
    impressions: int
    partition: int
    first: int
    last: int
    on: dt.date
    spent_at: dt.datetime


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


class DailyBudgetOverspent(Event, frozen=True, kw_only=True, tag="budget.daily_overspent.v1"):
    campaign: CampaignId
    spent: Money
    limit: Money
    on: dt.date
    at: dt.datetime


BudgetEvent = (
    BudgetAllocated | BudgetSpent | BudgetNearingLimit | BudgetExhausted | DailyBudgetOverspent
)
