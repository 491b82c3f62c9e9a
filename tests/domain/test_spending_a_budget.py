from datetime import UTC, date, datetime, time
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.budget import evolve
from domain.budget.decisions import (
    BudgetUnknown,
    CurrencyMismatch,
    Terms,
    TimeZoneUnknown,
    Usage,
    allocate,
    spend,
)
from domain.budget.events import (
    BudgetAllocated,
    BudgetExhausted,
    BudgetNearingLimit,
    BudgetReplenished,
    BudgetSpent,
    DailyBudgetOverspent,
)
from tests.people import MONDAY, SPRING, TUESDAY, eur, usd
from tests.spec import given_budget, state_after

TODAY, TOMORROW = date(2026, 3, 2), date(2026, 3, 3)
ALLOCATED = BudgetAllocated(
    campaign=SPRING, total=usd(100), daily=None, campaign_version=1, allocated_at=MONDAY
)
WITH_DAILY = BudgetAllocated(
    campaign=SPRING, total=usd(100), daily=usd(20), campaign_version=1, allocated_at=MONDAY
)


def noon(day):
    return datetime.combine(day, time(12), tzinfo=UTC)


def spending(units, *, last, first=None, partition=0, on=TODAY, currency="USD"):
    return {
        "currency": currency,
        "usages": (Usage(noon(on), units * 1_000_000, units),),
        "partition": partition,
        "first": first or last,
        "last": last,
        "at": MONDAY,
    }


def allocating(total, *, version=2, daily=None):
    return {
        "campaign": SPRING,
        "terms": Terms(total, daily),
        "campaign_version": version,
        "at": TUESDAY,
    }


def after(state, *spendings):
    """Return all that several spendings lead to, in that order, and the final state."""
    news = []
    for spending_ in spendings:
        events = spend(state, **spending_)
        for event in events:
            state = evolve(state, event)
        news += events
    return state, news


def kinds(events):
    return [type(event) for event in events]


def test_spend_is_recorded_with_the_range_it_came_from():
    given_budget(ALLOCATED).when(spend, **spending(5, first=3, last=9)).then(
        BudgetSpent(
            campaign=SPRING,
            amount=usd(5),
            impressions=5,
            partition=0,
            first=3,
            last=9,
            on=TODAY,
            spent_at=MONDAY,
        )
    )


def test_a_range_that_was_counted_is_silent_ever_after():
    state, _ = after(state_after("budget", ALLOCATED), spending(5, last=9))
    assert spend(state, **spending(5, last=9)) == []
    assert spend(state, **spending(5, first=1, last=4)) == []


def test_each_partition_has_a_watermark_of_its_own():
    state, _ = after(state_after("budget", ALLOCATED), spending(5, last=9))
    assert kinds(spend(state, **spending(5, last=4, partition=1))) == [BudgetSpent]


def test_the_days_of_one_range_are_counted_together():
    usages = (Usage(noon(TODAY), 1_000_000, 1), Usage(noon(TOMORROW), 2_000_000, 2))
    range_ = {**spending(0, last=9), "usages": usages}
    state, news = after(state_after("budget", ALLOCATED), range_, range_)
    assert kinds(news) == [BudgetSpent, BudgetSpent]
    assert (state.spent_on(TODAY), state.spent_on(TOMORROW)) == (1_000_000, 2_000_000)
    assert state.spent_micros == 3_000_000


def test_money_that_was_never_allocated_cannot_be_spent():
    given_budget().when(spend, **spending(5, last=9)).then_refused(BudgetUnknown)


def test_spend_in_another_currency_is_refused():
    taken = given_budget(ALLOCATED).when(spend, **spending(5, last=9, currency="EUR"))
    taken.then_refused(CurrencyMismatch)


def test_eighty_percent_rings_once():
    state, news = after(state_after("budget", ALLOCATED), spending(79, last=1), spending(1, last=2))
    assert kinds(news) == [BudgetSpent, BudgetSpent, BudgetNearingLimit]
    assert (news[-1].spent, news[-1].limit) == (usd(80), usd(100))
    assert kinds(spend(state, **spending(1, last=3))) == [BudgetSpent]


def test_all_of_it_rings_once_and_further_spend_is_still_recorded():
    state, news = after(state_after("budget", ALLOCATED), spending(150, last=1))
    assert kinds(news) == [BudgetSpent, BudgetNearingLimit, BudgetExhausted]
    state, news = after(state, spending(10, last=2))
    assert kinds(news) == [BudgetSpent]
    assert state.spent_micros == 160_000_000


def test_a_raised_budget_arms_its_alarms_again():
    state, _ = after(state_after("budget", ALLOCATED), spending(100, last=1))
    raised, replenished = allocate(state, **allocating(usd(1_000)))
    assert isinstance(replenished, BudgetReplenished)
    state = evolve(evolve(state, raised), replenished)
    assert not state.nearing
    assert not state.exhausted
    _, news = after(state, spending(700, last=2))
    assert kinds(news) == [BudgetSpent, BudgetNearingLimit]


def test_a_budget_raised_too_little_rings_at_once():
    state, _ = after(state_after("budget", ALLOCATED), spending(100, last=1))
    news = allocate(state, **allocating(usd(110)))
    assert kinds(news) == [BudgetAllocated, BudgetReplenished, BudgetNearingLimit]


def test_a_budget_cut_below_what_is_spent_is_exhausted_at_once():
    state, _ = after(state_after("budget", ALLOCATED), spending(50, last=1))
    news = allocate(state, **allocating(usd(40)))
    assert kinds(news) == [BudgetAllocated, BudgetNearingLimit, BudgetExhausted]


def test_a_day_that_costs_more_than_its_share_rings_once_a_day():
    state, news = after(
        state_after("budget", WITH_DAILY),
        spending(20, last=1),
        spending(1, last=2),
        spending(1, last=3),
        spending(21, last=4, on=TOMORROW),
    )
    overspent = [event for event in news if isinstance(event, DailyBudgetOverspent)]
    assert [(event.on, event.spent) for event in overspent] == [
        (TODAY, usd(21)),
        (TOMORROW, usd(21)),
    ]
    assert state.overspent_days == {TODAY, TOMORROW}


def test_allocating_the_same_again_or_an_older_brief_is_silent():
    budget = given_budget(ALLOCATED)
    budget.when(allocate, **allocating(usd(100))).then_nothing()
    budget.when(allocate, **allocating(usd(500), version=1)).then_nothing()


def test_a_time_zone_that_nobody_knows_is_refused():
    for name in ("Mars/Olympus", "", "../etc/passwd", "America"):
        terms = Terms(usd(100), None, name)
        refused = given_budget().when(allocate, **{**allocating(usd(100)), "terms": terms})
        refused.then_refused(TimeZoneUnknown)


def test_a_budget_keeps_its_currency_once_it_was_spent():
    unspent = given_budget(ALLOCATED)
    assert kinds(unspent.when(allocate, **allocating(eur(100))).take()) == [BudgetAllocated]
    (spent,) = spend(unspent.state, **spending(5, last=1))
    given_budget(ALLOCATED, spent).when(allocate, **allocating(eur(100))).then_refused(
        CurrencyMismatch
    )


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_sum_does_not_depend_on_which_partition_reports_first(order):
    reports = [spending(10, last=5, partition=partition) for partition in order]
    state, _ = after(state_after("budget", ALLOCATED), *reports)
    assert state.spent_micros == 30_000_000


RANGES = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 30)), min_size=1, max_size=30)


@given(RANGES, st.data())
def test_redelivered_ranges_never_change_the_sum(steps, data):
    reports, last = [], [0, 0, 0]
    for partition, units in steps:
        last[partition] += units
        reports.append(spending(units, last=last[partition], partition=partition))
    once, _ = after(state_after("budget", ALLOCATED), *reports)
    redelivered = []
    for index, report in enumerate(reports):
        redelivered.append(report)
        redelivered += data.draw(st.lists(st.sampled_from(reports[: index + 1]), max_size=3))
    again, news = after(state_after("budget", ALLOCATED), *redelivered)
    assert again.spent_micros == once.spent_micros == sum(u for _, u in steps) * 1_000_000
    assert again.watermarks == once.watermarks
    assert len([event for event in news if isinstance(event, BudgetNearingLimit)]) <= 1
    assert len([event for event in news if isinstance(event, BudgetExhausted)]) <= 1
