from datetime import date

import pytest

from adapters.memory_views import MemoryViews
from domain.budget import events as be
from projections.budgets import BUDGETS
from projections.stored_views import StoredBudgets
from projections.views import Budgets
from tests.people import ACME, GLOBEX, SPRING, TUESDAY, usd
from tests.projections.scribe import Scribe, alert, allocated, kept_up, spent

SECOND, THIRD = date(2026, 3, 2), date(2026, 3, 3)


@pytest.fixture
def views():
    return MemoryViews()


async def budget_after(views, *events):
    scribe = Scribe()
    await scribe.budget(*events)
    await kept_up(BUDGETS, scribe.log, views)
    return await StoredBudgets(views).of(ACME, SPRING)


def test_it_is_what_the_read_side_asks(views):
    assert isinstance(StoredBudgets(views), Budgets)


async def test_an_allocation_opens_the_budget(views):
    budget = await budget_after(views, allocated(100, daily=20))

    assert (budget.total, budget.daily, budget.currency) == (usd(100), usd(20), "USD")
    assert (budget.spent_total, budget.spent_today, budget.spent_on) == (usd(0), usd(0), None)


async def test_spend_adds_up_and_the_day_begins_anew(views):
    budget = await budget_after(
        views, allocated(), spent(5, on=SECOND), spent(7, on=SECOND), spent(1, on=THIRD)
    )

    assert (budget.spent_total, budget.spent_today, budget.spent_on) == (usd(13), usd(1), THIRD)
    assert budget.impressions == 3


async def test_late_spend_of_yesterday_counts_in_the_total_alone(views):
    budget = await budget_after(views, allocated(), spent(5, on=THIRD), spent(7, on=SECOND))

    assert (budget.spent_total, budget.spent_today, budget.spent_on) == (usd(12), usd(5), THIRD)


async def test_alerts_keep_what_was_spent_of_what(views):
    budget = await budget_after(
        views,
        allocated(),
        spent(100),
        alert(be.BudgetNearingLimit, 80, 100),
        alert(be.BudgetExhausted, 100, 100),
        alert(be.DailyBudgetOverspent, 100, 20, on=SECOND),
    )

    assert [(a.kind, a.spent, a.limit, a.at, a.on) for a in budget.alerts] == [
        ("nearing_limit", usd(80), usd(100), TUESDAY, None),
        ("exhausted", usd(100), usd(100), TUESDAY, None),
        ("daily_overspent", usd(100), usd(20), TUESDAY, SECOND),
    ]


async def test_another_tenant_sees_nothing(views):
    await budget_after(views, allocated())

    assert await StoredBudgets(views).of(GLOBEX, SPRING) is None
