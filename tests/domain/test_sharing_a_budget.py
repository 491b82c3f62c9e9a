from datetime import date, timedelta

import pytest

from domain.budget.decisions import CurrencyMismatch, TimeZoneUnknown
from domain.budget.membership import settle
from domain.budget.reservations import BudgetShort
from domain.shared_budget import evolve
from domain.shared_budget.decisions import (
    MembersWrong,
    Plan,
    SharedBudgetNameWrong,
    Tally,
    count,
    drop,
    hold,
    set_plan,
)
from domain.shared_budget.events import (
    Member,
    SharedBudgetExhausted,
    SharedBudgetHeld,
    SharedBudgetNearingLimit,
    SharedBudgetReplenished,
    SharedBudgetSet,
    SharedBudgetSpent,
    SharedDailyOverspent,
    SharedHoldDropped,
    Sum,
)
from tests.domain.test_reserving_budget import ALLOCATED
from tests.people import MONDAY, SPRING, TUESDAY, eur, usd
from tests.spec import given_budget, given_shared_budget, state_after

SUMMER = "summer-sale"
TODAY = date(2026, 3, 2)
SOON = MONDAY + timedelta(minutes=5)
SET = SharedBudgetSet(
    shared_budget="flowers", advertiser="Flowers Ltd", total=usd(100), daily=usd(50),
    members=(Member(campaign=SPRING, since=1), Member(campaign=SUMMER, since=4)),
    version=1, set_at=MONDAY,
)  # fmt: skip
PLAN = Plan("Flowers Ltd", usd(100), usd(50), "UTC", (SPRING, SUMMER))
NO_TALLIES = (Tally(SPRING, 1, 1), Tally(SUMMER, 4, 4))


def setting(plan=PLAN, tallies=NO_TALLIES, *, version=0, name="flowers"):
    return {
        "shared_budget": name, "plan": plan, "tallies": tallies, "version": version, "at": MONDAY,
    }  # fmt: skip


def tally(units, *, after=1, through=2, campaign=SPRING, on=TODAY, ended=()):
    sums = (Sum(micros=units * 1_000_000, on=on),) if units else ()
    return Tally(campaign, after, through, sums, ended)


def holding(units, *, name="r1", attempt="a1", campaign=SPRING):
    return {
        "campaign": campaign, "reservation": name, "attempt": attempt, "amount": usd(units),
        "expires_at": SOON, "at": MONDAY,
    }  # fmt: skip


def held(units, **said):
    asked = holding(units, **said)
    asked.pop("at")
    return SharedBudgetHeld(shared_budget="flowers", on=TODAY, held_at=MONDAY, **asked)


def kinds(events):
    return [type(event) for event in events]


def test_a_plan_is_set_once_and_whatever_the_order_of_its_campaigns():
    given_shared_budget().when(set_plan, **setting()).then(SET)
    swapped = PLAN._replace(campaigns=(SUMMER, SPRING))
    given_shared_budget(SET).when(set_plan, **setting(swapped, version=1)).then_nothing()


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"plan": PLAN._replace(time_zone="Mars")}, TimeZoneUnknown),
        ({"plan": PLAN._replace(daily=eur(1))}, CurrencyMismatch),
        ({"plan": PLAN._replace(campaigns=(SPRING, SPRING))}, MembersWrong),
        ({"plan": PLAN._replace(campaigns=tuple(map(str, range(201))))}, MembersWrong),
        ({"name": "a b"}, SharedBudgetNameWrong),
        ({"name": ""}, SharedBudgetNameWrong),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(changes, refusal):
    given_shared_budget().when(set_plan, **setting(**changes)).then_refused(refusal)


def test_what_all_members_spent_counts_together_and_rings():
    budget = given_shared_budget(SET)
    first = budget.when(count, tally=tally(50), at=MONDAY).take()
    assert kinds(first) == [SharedBudgetSpent]
    more = tally(50, campaign=SUMMER, after=4, through=9)
    second = given_shared_budget(SET, *first).when(count, tally=more, at=MONDAY).take()
    assert kinds(second) == [
        SharedBudgetSpent,
        SharedBudgetNearingLimit,
        SharedBudgetExhausted,
        SharedDailyOverspent,
    ]


def test_a_tally_counts_once_and_a_gap_is_never_counted():
    budget = given_shared_budget(SET, *_counted(tally(10)))
    budget.when(count, tally=tally(10), at=MONDAY).then_nothing()
    budget.when(count, tally=tally(10, after=1, through=5), at=MONDAY).then_nothing()
    budget.when(count, tally=tally(10, after=3, through=5), at=MONDAY).then_nothing()
    assert kinds(budget.when(count, tally=tally(10, after=2, through=5), at=MONDAY).take()) == [
        SharedBudgetSpent
    ]


def test_nobody_elses_spend_counts():
    stranger = tally(10, campaign="winter")
    given_shared_budget(SET).when(count, tally=stranger, at=MONDAY).then_nothing()
    given_shared_budget().when(count, tally=tally(10), at=MONDAY).then_nothing()


def test_money_is_held_for_members_and_others_are_not_bound():
    budget = given_shared_budget(SET)
    budget.when(hold, **holding(10)).then(held(10))
    budget.when(hold, **holding(500, campaign="winter")).then_nothing()
    short = budget.when(hold, **holding(51)).then_refused(BudgetShort)
    assert short.details["left_micros"] == "50000000"
    assert short.details["shared_budget"] == "flowers"


def test_holds_of_all_members_are_promised_together():
    budget = given_shared_budget(SET, held(30))
    budget.when(hold, **holding(30)).then_nothing()
    budget.when(hold, **holding(21, campaign=SUMMER)).then_refused(BudgetShort)
    assert kinds(budget.when(hold, **holding(20, campaign=SUMMER)).take()) == [SharedBudgetHeld]


def test_a_hold_ends_as_its_reservation_ended():
    ended = _counted(tally(12, ended=("r1",)), SET, held(30), held(30, attempt="a2"))
    state = state_after("shared_budget", SET, held(30), held(30, attempt="a2"), *ended)
    assert (state.spent_micros, state.holds) == (12_000_000, {})
    released = _counted(tally(0, ended=("r1",)), SET, held(30))
    assert state_after("shared_budget", SET, held(30), *released).left_on(TODAY) == 50_000_000


def test_one_attempts_hold_is_dropped_without_the_others():
    budget = given_shared_budget(SET, held(20), held(20, attempt="a2"))
    asked = {"campaign": SPRING, "reservation": "r1", "attempt": "a1", "at": MONDAY}
    (dropped,) = budget.when(drop, **asked).take()
    assert isinstance(dropped, SharedHoldDropped)
    state = evolve(budget.state, dropped)
    assert list(state.holds) == [f"{SPRING}/r1/a2"]
    assert drop(state, **asked) == []


def test_a_newcomer_counts_from_its_joining_and_who_leaves_up_to_its_leaving():
    winter = PLAN._replace(campaigns=("winter",))
    tallies = (tally(7), Tally(SUMMER, 4, 4), Tally("winter", 9, 9))
    news = given_shared_budget(SET).when(set_plan, **setting(winter, tallies, version=1)).take()
    assert kinds(news) == [SharedBudgetSpent, SharedBudgetSet]
    state = state_after("shared_budget", SET, held(5), *news)
    assert (state.counted, state.spent_micros, state.holds) == ({"winter": 9}, 7_000_000, {})
    assert state.set_version == 3


def test_a_raised_total_lets_everybody_bid_again():
    gone = (SET, *_counted(tally(100)))
    more = PLAN._replace(total=usd(200), daily=None)
    tallies = (Tally(SPRING, 2, 2), Tally(SUMMER, 4, 4))
    news = given_shared_budget(*gone).when(set_plan, **setting(more, tallies, version=5)).take()
    assert kinds(news) == [SharedBudgetSet, SharedBudgetReplenished]


def test_what_comes_back_never_makes_more_than_there_was():
    state = state_after("shared_budget", SET, *_counted(tally(-30, on=None)))
    assert state.spent_micros == 0
    assert state.left_on(TODAY) == 50_000_000


def test_a_member_is_told_that_it_joined_stops_goes_on_and_left():
    told = {
        "shared_budget": "flowers",
        "member": True,
        "halted": False,
        "until": None,
        "at": MONDAY,
    }
    budget = given_budget(ALLOCATED)
    joined = budget.when(settle, **told).take()
    member = given_budget(ALLOCATED, *joined)
    member.when(settle, **told).then_nothing()
    halted = member.when(settle, **{**told, "halted": True}).take()
    stopped = given_budget(ALLOCATED, *joined, *halted)
    stopped.when(settle, **{**told, "halted": True}).then_nothing()
    until = {**told, "halted": True, "until": TUESDAY}
    assert len(stopped.when(settle, **until).take()) == 1
    released = stopped.when(settle, **told).take()
    assert given_budget(ALLOCATED, *joined, *halted, *released).state.halts == {}
    left = stopped.when(settle, **{**told, "member": False}).take()
    gone = given_budget(ALLOCATED, *joined, *halted, *left).state
    assert (gone.shared, gone.halts) == (frozenset(), {})
    given_budget(ALLOCATED).when(settle, **{**told, "member": False}).then_nothing()
    given_budget().when(settle, **told).then_nothing()


def _counted(tallied, *history):
    return given_shared_budget(*(history or (SET,))).when(count, tally=tallied, at=MONDAY).take()
