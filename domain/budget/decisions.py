"""What may be done with a budget, and which alarms follow (FR-RPT-007 to 009)."""

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import NamedTuple

from domain.budget.events import (
    BudgetAllocated,
    BudgetEvent,
    BudgetExhausted,
    BudgetNearingLimit,
    BudgetSpent,
    DailyBudgetOverspent,
)
from domain.budget.state import Allocated, Budget, Unallocated, evolve
from domain.identity import CampaignId
from domain.money import Money
from domain.refusal import Reason, Refusal

NEARING_PERCENT = 80


class BudgetUnknown(Refusal, reason=Reason.UNKNOWN):
    """No budget was ever allocated to this campaign."""


class CurrencyMismatch(Refusal, reason=Reason.MALFORMED):
    """The amount is not in the currency of the budget it belongs to."""


class Usage(NamedTuple):
    """Billed impressions of one UTC day, and what they cost."""

    on: dt.date
    micros: int
    impressions: int


def allocate(
    budget: Budget,
    *,
    campaign: CampaignId,
    total: Money,
    daily: Money | None,
    campaign_version: int,
    at: dt.datetime,
) -> list[BudgetEvent]:
    """Set how much may be spent; an older brief than the one allocated says nothing new."""
    if isinstance(budget, Allocated):
        if campaign_version <= budget.campaign_version:
            return []
        if (total, daily) == (budget.total, budget.daily):
            return []
        if budget.spent_micros and total.currency != budget.total.currency:
            raise CurrencyMismatch(budget=budget.total.currency, amount=total.currency)
    allocated = BudgetAllocated(
        campaign=campaign,
        total=total,
        daily=daily,
        campaign_version=campaign_version,
        allocated_at=at,
    )
    return _with_alarms(budget, [allocated], at=at)


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
    if isinstance(budget, Unallocated):
        raise BudgetUnknown
    if currency != budget.total.currency:
        raise CurrencyMismatch(budget=budget.total.currency, amount=currency)
    if last <= budget.watermarks.get(partition, 0):
        return []
    spent: list[BudgetEvent] = [
        BudgetSpent(
            campaign=budget.campaign,
            amount=Money(micros=usage.micros, currency=currency),
            impressions=usage.impressions,
            partition=partition,
            first=first,
            last=last,
            on=usage.on,
            spent_at=at,
        )
        for usage in usages
    ]
    return _with_alarms(budget, spent, at=at)


def _with_alarms(budget: Budget, news: list[BudgetEvent], *, at: dt.datetime) -> list[BudgetEvent]:
    after = reduce(evolve, news, budget)
    assert isinstance(after, Allocated)  # noqa: S101 - both callers allocate or are allocated
    return [*news, *_alarms(after, at=at)]


def _alarms(budget: Allocated, *, at: dt.datetime) -> Iterator[BudgetEvent]:
    total = budget.total
    spent = Money(micros=budget.spent_micros, currency=total.currency)
    if not budget.nearing and spent.micros * 100 >= total.micros * NEARING_PERCENT:
        yield BudgetNearingLimit(campaign=budget.campaign, spent=spent, limit=total, at=at)
    if not budget.exhausted and spent.micros >= total.micros:
        yield BudgetExhausted(campaign=budget.campaign, spent=spent, limit=total, at=at)
    if budget.daily is None:
        return
    for day, micros in sorted(budget.days.items()):
        if micros > budget.daily.micros and day not in budget.overspent_days:
            yield DailyBudgetOverspent(
                campaign=budget.campaign,
                spent=Money(micros=micros, currency=total.currency),
                limit=budget.daily,
                on=day,
                at=at,
            )
