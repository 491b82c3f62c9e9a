from datetime import date, timedelta

import pytest

from adapters.memory_views import MemoryViews
from domain.budget import events as be
from domain.budget.amounts import SignedMoney
from domain.budget.pacing import Curve
from projections.budgets import ALERTS_KEPT, BUDGETS
from projections.stored_views import StoredBudgets
from projections.views import Budgets
from tests.people import ACME, GLOBEX, MONDAY, SPRING, TUESDAY, usd
from tests.projections.scribe import Scribe, alert, allocated, kept_up, spent

FRONT = Curve(shape="front_loaded")
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


async def test_refunds_and_corrections_change_the_total_and_are_told_apart(views):
    refunded = be.BudgetRefunded(
        campaign=SPRING, amount=usd(5), reason="Bots", reference="c", refunded_at=TUESDAY
    )
    less = SignedMoney(micros=-2_000_000, currency="USD")
    corrected = be.BudgetCorrected(
        campaign=SPRING, amount=less, on=THIRD, reason="r", reference="t", corrected_at=TUESDAY
    )
    budget = await budget_after(views, allocated(), spent(20, on=THIRD), refunded, corrected)

    assert (budget.spent_total, budget.spent_today) == (usd(13), usd(18))
    assert (budget.refunded_micros, budget.corrected_micros) == (5_000_000, -2_000_000)


async def test_a_reservation_is_shown_until_it_ends(views):
    held = [
        be.BudgetReserved(
            campaign=SPRING, reservation=name, amount=usd(units), on=SECOND,
            expires_at=TUESDAY, reserved_at=MONDAY,
        )
        for name, units in (("a", 1), ("b", 2), ("c", 4))
    ]  # fmt: skip
    committed = be.ReservationCommitted(
        campaign=SPRING, reservation="a", amount=usd(1), on=SECOND, committed_at=MONDAY
    )
    expired = be.ReservationExpired(campaign=SPRING, reservation="c", expired_at=TUESDAY)
    budget = await budget_after(views, allocated(), *held, committed, expired)

    assert [(r.reservation, r.amount, r.on) for r in budget.reservations] == [("b", usd(2), SECOND)]
    assert (budget.reserved_micros, budget.spent_total) == (2_000_000, usd(1))


async def test_pacing_alerts_tell_what_was_expected(views):
    behind = be.PacingFellBehind(campaign=SPRING, spent=usd(4), expected=usd(5), at=TUESDAY)
    chosen = be.PacingSet(campaign=SPRING, curve=FRONT, version=2, set_at=MONDAY)
    budget = await budget_after(views, allocated(), chosen, behind)

    assert [(a.kind, a.spent, a.limit) for a in budget.alerts] == [
        ("pacing_behind", usd(4), usd(5))
    ]
    assert budget.curve == FRONT


async def test_only_the_newest_alerts_are_kept(views):
    many = [
        alert(be.DailyBudgetOverspent, 21, 20, on=SECOND + timedelta(days=n))
        for n in range(ALERTS_KEPT + 5)
    ]
    budget = await budget_after(views, allocated(), *many)

    assert len(budget.alerts) == ALERTS_KEPT
    assert budget.alerts[-1].on == many[-1].on


async def test_another_tenant_sees_nothing(views):
    await budget_after(views, allocated())

    assert await StoredBudgets(views).of(GLOBEX, SPRING) is None
