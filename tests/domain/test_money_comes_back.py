from datetime import date

import pytest
from msgspec.structs import replace

from domain.budget.adjustments import (
    AmountWrong,
    DayWrong,
    MoreThanSpent,
    ReferenceTaken,
    correct,
    refund,
)
from domain.budget.amounts import SignedMoney
from domain.budget.decisions import BudgetUnknown, CurrencyMismatch
from domain.budget.events import (
    BudgetAllocated,
    BudgetCorrected,
    BudgetExhausted,
    BudgetNearingLimit,
    BudgetRefunded,
    BudgetReplenished,
    BudgetSpent,
    DailyBudgetOverspent,
)
from tests.people import MONDAY, SPRING, TUESDAY, eur, usd
from tests.spec import given_budget

FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)
ALLOCATED = BudgetAllocated(
    campaign=SPRING, total=usd(100), daily=usd(60), campaign_version=1, allocated_at=MONDAY
)
NEARING, GONE = (
    kind(campaign=SPRING, spent=usd(100), limit=usd(100), at=MONDAY)
    for kind in (BudgetNearingLimit, BudgetExhausted)
)


def spent(units, on=SECOND):
    return BudgetSpent(
        campaign=SPRING, amount=usd(units), impressions=1, partition=0, first=1, last=1,
        on=on, spent_at=MONDAY,
    )  # fmt: skip


def refunding(units, reference="credit-1"):
    return {"amount": usd(units), "reason": "Bots", "reference": reference, "at": TUESDAY}


def correcting(units, *, on=None, reference="ticket-1", currency="USD"):
    amount = SignedMoney(micros=units * 1_000_000, currency=currency)
    return {"amount": amount, "on": on, "reason": "Twice", "reference": reference, "at": TUESDAY}


def refunded(units, reference="credit-1"):
    return BudgetRefunded(
        campaign=SPRING, amount=usd(units), reason="Bots", reference=reference, refunded_at=TUESDAY
    )


def kinds(events):
    return [type(event) for event in events]


def test_a_refund_takes_back_from_the_total_and_leaves_the_day():
    budget = given_budget(ALLOCATED, spent(50))
    budget.when(refund, **refunding(5)).then(refunded(5))
    after = given_budget(ALLOCATED, spent(50), refunded(5)).state
    assert (after.spent_micros, after.spent_on(SECOND)) == (45_000_000, 50_000_000)


def test_a_reference_counts_once_and_never_for_another_amount():
    budget = given_budget(ALLOCATED, spent(50), refunded(5))
    budget.when(refund, **refunding(5)).then_nothing()
    budget.when(refund, **refunding(6)).then_refused(ReferenceTaken)
    budget.when(correct, **correcting(5, reference="credit-1")).then_refused(ReferenceTaken)
    assert kinds(budget.when(refund, **refunding(6, "credit-2")).take()) == [BudgetRefunded]


def test_no_more_comes_back_than_was_spent():
    budget = given_budget(ALLOCATED, spent(5))
    short = budget.when(refund, **refunding(6)).then_refused(MoreThanSpent)
    assert short.details == {"spent_micros": "5000000"}
    budget.when(correct, **correcting(-6)).then_refused(MoreThanSpent)
    assert kinds(budget.when(refund, **refunding(5)).take()) == [BudgetRefunded]


def test_a_refund_wakes_an_exhausted_budget_once():
    gone = given_budget(ALLOCATED, spent(60, FIRST), spent(40), NEARING, GONE)
    news = gone.when(refund, **refunding(10)).take()
    assert kinds(news) == [BudgetRefunded, BudgetReplenished]
    assert (news[1].spent, news[1].limit) == (usd(90), usd(100))
    awake = given_budget(ALLOCATED, spent(60, FIRST), spent(40), NEARING, GONE, *news)
    assert kinds(awake.when(refund, **refunding(1, "credit-2")).take()) == [BudgetRefunded]


def test_alarms_ring_again_only_once_spend_fell_below_them():
    history = (ALLOCATED, spent(60, FIRST), spent(40), NEARING, GONE)
    back = given_budget(*history).when(refund, **refunding(10)).take()
    nearly = given_budget(*history, *back)
    assert nearly.state.nearing
    assert kinds(nearly.when(correct, **correcting(10)).take()) == [
        BudgetCorrected,
        BudgetExhausted,
    ]
    low = given_budget(*history).when(refund, **refunding(30)).take()
    assert kinds(given_budget(*history, *low).when(correct, **correcting(30)).take()) == [
        BudgetCorrected,
        BudgetNearingLimit,
        BudgetExhausted,
    ]


def test_a_refund_that_leaves_nothing_to_spend_wakes_nobody():
    over = given_budget(ALLOCATED, spent(60, FIRST), spent(60), NEARING, GONE)
    assert kinds(over.when(refund, **refunding(20)).take()) == [BudgetRefunded]


def test_a_correction_goes_either_way_and_to_its_day():
    budget = given_budget(ALLOCATED, spent(50))
    (less,) = budget.when(correct, **correcting(-8, on=SECOND)).take()
    after = given_budget(ALLOCATED, spent(50), less).state
    assert (after.spent_micros, after.spent_on(SECOND)) == (42_000_000, 42_000_000)
    more = budget.when(correct, **correcting(12, on=SECOND)).take()
    assert kinds(more) == [BudgetCorrected, DailyBudgetOverspent]
    budget.when(correct, **correcting(-51, on=SECOND)).then_refused(MoreThanSpent)


def test_a_day_that_was_not_overspent_after_all_may_ring_again():
    rung = DailyBudgetOverspent(campaign=SPRING, spent=usd(61), limit=usd(60), on=SECOND, at=MONDAY)
    history = (ALLOCATED, spent(61), rung)
    less = given_budget(*history).when(correct, **correcting(-2, on=SECOND)).take()
    calm = given_budget(*history, *less)
    assert calm.state.overspent_days == frozenset()
    assert kinds(calm.when(correct, **correcting(2, on=SECOND, reference="t2")).take()) == [
        BudgetCorrected,
        DailyBudgetOverspent,
    ]


def test_a_correction_names_a_day_that_has_begun():
    budget = given_budget(ALLOCATED, spent(50))
    budget.when(correct, **correcting(1, on=date(2026, 3, 4))).then_refused(DayWrong)


@pytest.mark.parametrize("decision", ["refund", "correct"])
def test_bad_amounts_are_refused(decision):
    take, asking = {"refund": (refund, refunding), "correct": (correct, correcting)}[decision]
    budget = given_budget(ALLOCATED, spent(50))
    budget.when(take, **asking(0)).then_refused(AmountWrong)
    in_euros = {**asking(1), "amount": eur(1)}
    budget.when(take, **in_euros).then_refused(CurrencyMismatch)
    given_budget().when(take, **asking(1)).then_refused(BudgetUnknown)


def test_money_that_came_back_is_not_spent_in_another_currency():
    budget = replace(ALLOCATED, daily=None)
    state = given_budget(budget, spent(5), refunded(5)).state
    assert state.spent_micros == 0
    assert state.references == {"credit-1": -5_000_000}
