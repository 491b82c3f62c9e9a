"""What may be done with a budget: allocate it, spend it (FR-RPT-007)."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from domain.budget.alarms import with_alarms
from domain.budget.days import day_of, is_zone
from domain.budget.events import BudgetAllocated, BudgetEvent, BudgetSpent
from domain.budget.state import Allocated, Budget, Unallocated
from domain.identity import CampaignId
from domain.money import Money
from domain.refusal import Reason, Refusal


class BudgetUnknown(Refusal, reason=Reason.UNKNOWN):
    """No budget was ever allocated to this campaign."""


class CurrencyMismatch(Refusal, reason=Reason.MALFORMED):
    """The amount is not in the currency of the budget it belongs to."""


class TimeZoneUnknown(Refusal, reason=Reason.MALFORMED):
    """There is no such time zone: it must be a name of the IANA database, like Europe/Berlin."""


class Usage(NamedTuple):
    """Billed impressions of the quarter hour that begins `at`, and what they cost.

    Every zone's midnight lies on a quarter hour of UTC, so a quarter belongs to one day.
    """

    at: dt.datetime
    micros: int
    impressions: int


class Terms(NamedTuple):
    """What a budget is for: how much, over which flight, counted by whose clock."""

    total: Money
    daily: Money | None = None
    time_zone: str = "UTC"
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None


def allocate(
    budget: Budget,
    *,
    campaign: CampaignId,
    terms: Terms,
    campaign_version: int,
    at: dt.datetime,
) -> list[BudgetEvent]:
    """Set how much may be spent; an older brief than the one allocated says nothing new."""
    if not is_zone(terms.time_zone):
        raise TimeZoneUnknown(time_zone=terms.time_zone)
    if isinstance(budget, Allocated):
        if campaign_version <= budget.campaign_version or terms == _terms_of(budget):
            return []
        used = budget.spent_micros or budget.holds or budget.references
        if used and terms.total.currency != budget.total.currency:
            raise CurrencyMismatch(budget=budget.total.currency, amount=terms.total.currency)
    allocated = BudgetAllocated(
        campaign=campaign, campaign_version=campaign_version, allocated_at=at, **terms._asdict()
    )
    return with_alarms(budget, [allocated], at=at)


def spend(
    budget: Budget,
    *,
    currency: str,
    usages: Sequence[Usage],
    partition: int,
    first: int,
    last: int,
    at: dt.datetime,
) -> list[BudgetEvent]:
    """Record what a range of facts cost, once; beyond the total too, because it happened."""
    budget = in_currency(budget, currency)
    if last <= budget.watermarks.get(partition, 0):
        return []
    spent: list[BudgetEvent] = [
        BudgetSpent(
            campaign=budget.campaign,
            amount=Money(micros=micros, currency=currency),
            impressions=impressions,
            partition=partition,
            first=first,
            last=last,
            on=day,
            spent_at=at,
        )
        for day, (micros, impressions) in sorted(_by_day(usages, budget.time_zone).items())
    ]
    return with_alarms(budget, spent, at=at)


def in_currency(budget: Budget, currency: str) -> Allocated:
    """Return the budget when it exists and counts in this currency, refuse otherwise."""
    if isinstance(budget, Unallocated):
        raise BudgetUnknown
    if currency != budget.total.currency:
        raise CurrencyMismatch(budget=budget.total.currency, amount=currency)
    return budget


def _terms_of(budget: Allocated) -> Terms:
    return Terms(budget.total, budget.daily, budget.time_zone, budget.starts_at, budget.ends_at)


def _by_day(usages: Sequence[Usage], time_zone: str) -> dict[dt.date, tuple[int, int]]:
    days: dict[dt.date, tuple[int, int]] = {}
    for at, usage_micros, usage_impressions in usages:
        day = day_of(at, time_zone)
        micros, impressions = days.get(day, (0, 0))
        days[day] = (micros + usage_micros, impressions + usage_impressions)
    return days
