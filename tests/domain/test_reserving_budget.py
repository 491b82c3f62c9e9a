from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from domain.budget.adjustments import AmountWrong, correct, refund
from domain.budget.amounts import SignedMoney
from domain.budget.days import day_of
from domain.budget.decisions import BudgetUnknown, CurrencyMismatch, Usage, spend
from domain.budget.events import (
    BudgetAllocated,
    BudgetExhausted,
    BudgetNearingLimit,
    BudgetReserved,
    ReservationCommitted,
    ReservationExpired,
    ReservationReleased,
)
from domain.budget.holds import OPEN_MAX, held
from domain.budget.reservations import (
    BudgetShort,
    CommitTooLarge,
    ExpiryWrong,
    ReservationClosed,
    ReservationLapsed,
    ReservationTaken,
    ReservationUnknown,
    TooManyReservations,
    commit,
    expire,
    release,
    reserve,
)
from domain.budget.state import evolve
from domain.refusal import Refusal
from tests.people import MONDAY, SPRING, TUESDAY, eur, usd
from tests.spec import given_budget, state_after

SOON, LATER = MONDAY + timedelta(minutes=5), MONDAY + timedelta(hours=2)
ALLOCATED = BudgetAllocated(
    campaign=SPRING, total=usd(100), daily=None, campaign_version=1, allocated_at=MONDAY
)
WITH_DAILY = replace(ALLOCATED, daily=usd(20))


def asking(name="r1", units=10, *, until=SOON, at=MONDAY):
    return {"reservation": name, "amount": usd(units), "expires_at": until, "at": at}


def reserved(name="r1", units=10, *, until=SOON):
    return BudgetReserved(
        campaign=SPRING, reservation=name, amount=usd(units), on=MONDAY.date(),
        expires_at=until, reserved_at=MONDAY,
    )  # fmt: skip


def committed(name="r1", units=10):
    return ReservationCommitted(
        campaign=SPRING, reservation=name, amount=usd(units), on=MONDAY.date(), committed_at=MONDAY
    )


def kinds(events):
    return [type(event) for event in events]


def test_money_is_set_aside():
    given_budget(ALLOCATED).when(reserve, **asking()).then(reserved())


def test_more_than_is_left_is_refused_with_what_is_left():
    budget = given_budget(ALLOCATED, reserved("a", 60), reserved("b", 30))
    assert kinds(budget.when(reserve, **asking("c", 10)).take()) == [BudgetReserved]
    short = budget.when(reserve, **asking("c", 11)).then_refused(BudgetShort)
    assert short.details == {"left_micros": "10000000", "currency": "USD"}


def test_a_day_promises_no_more_than_its_share():
    budget = given_budget(WITH_DAILY, reserved("a", 15))
    short = budget.when(reserve, **asking("b", 6)).then_refused(BudgetShort)
    assert short.details["left_micros"] == "5000000"
    tomorrow = asking("b", 6, at=TUESDAY, until=TUESDAY + timedelta(hours=1))
    assert kinds(budget.when(reserve, **tomorrow).take()) == [ReservationExpired, BudgetReserved]


def test_what_was_overspent_leaves_nothing_to_promise():
    usages = (Usage(MONDAY, 150_000_000, 1),)
    news = spend(
        state_after("budget", ALLOCATED),
        currency="USD", usages=usages, partition=0, first=1, last=1, at=MONDAY,
    )  # fmt: skip
    short = given_budget(ALLOCATED, *news).when(reserve, **asking(units=1))
    assert short.then_refused(BudgetShort).details["left_micros"] == "0"


def test_the_same_reservation_again_says_nothing_and_another_of_its_name_is_refused():
    budget = given_budget(ALLOCATED, reserved())
    budget.when(reserve, **asking()).then_nothing()
    budget.when(reserve, **asking(units=11)).then_refused(ReservationTaken)
    budget.when(reserve, **asking(until=LATER)).then_refused(ReservationTaken)
    ended = given_budget(ALLOCATED, reserved(), committed())
    ended.when(reserve, **asking()).then_refused(ReservationClosed)


def test_part_of_a_reservation_is_spent_and_the_rest_is_free():
    budget = given_budget(ALLOCATED, reserved("r1", 100))
    budget.when(commit, reservation="r1", amount=usd(30), at=MONDAY).then(committed("r1", 30))
    after = given_budget(ALLOCATED, reserved("r1", 100), committed("r1", 30))
    assert (after.state.spent_micros, after.state.days) == (30_000_000, {MONDAY.date(): 30_000_000})
    assert kinds(after.when(reserve, **asking("r2", 70)).take()) == [BudgetReserved]
    after.when(reserve, **asking("r2", 71)).then_refused(BudgetShort)


def test_all_of_it_is_spent_when_no_amount_is_told_and_rings_like_any_spend():
    budget = given_budget(ALLOCATED, reserved("r1", 100))
    news = budget.when(commit, reservation="r1", amount=None, at=MONDAY).take()
    assert kinds(news) == [ReservationCommitted, BudgetNearingLimit, BudgetExhausted]


def test_committing_again_says_nothing_and_otherwise_is_refused():
    ended = given_budget(ALLOCATED, reserved(), committed("r1", 4))
    ended.when(commit, reservation="r1", amount=usd(4), at=TUESDAY).then_nothing()
    ended.when(commit, reservation="r1", amount=usd(5), at=MONDAY).then_refused(ReservationClosed)
    ended.when(release, reservation="r1", at=MONDAY).then_refused(ReservationClosed)


def test_no_more_is_committed_than_was_reserved_and_never_after_its_time():
    budget = given_budget(ALLOCATED, reserved())
    budget.when(commit, reservation="r1", amount=usd(11), at=MONDAY).then_refused(CommitTooLarge)
    budget.when(commit, reservation="r1", amount=usd(1), at=SOON).then_refused(ReservationLapsed)
    budget.when(commit, reservation="r1", amount=eur(1), at=MONDAY).then_refused(CurrencyMismatch)


def test_what_is_released_is_free_at_once_and_again_says_nothing():
    gone = ReservationReleased(campaign=SPRING, reservation="r1", released_at=MONDAY)
    given_budget(ALLOCATED, reserved()).when(release, reservation="r1", at=MONDAY).then(gone)
    budget = given_budget(ALLOCATED, reserved("r1", 100), gone)
    budget.when(release, reservation="r1", at=MONDAY).then_nothing()
    assert kinds(budget.when(reserve, **asking("r2", 100)).take()) == [BudgetReserved]


def test_a_reservation_expires_at_its_time_and_not_before():
    budget = given_budget(ALLOCATED, reserved())
    budget.when(expire, reservation="r1", at=SOON - timedelta(microseconds=1)).then_nothing()
    gone = ReservationExpired(campaign=SPRING, reservation="r1", expired_at=SOON)
    budget.when(expire, reservation="r1", at=SOON).then(gone)
    given_budget(ALLOCATED, reserved(), gone).when(
        expire, reservation="r1", at=LATER
    ).then_nothing()
    given_budget(ALLOCATED, reserved(), gone).when(
        release, reservation="r1", at=LATER
    ).then_nothing()


def test_whoever_asks_later_finds_what_expired_free():
    budget = given_budget(ALLOCATED, reserved("old", 100))
    news = budget.when(
        reserve, **asking("new", 100, at=LATER, until=LATER + (SOON - MONDAY))
    ).take()
    assert kinds(news) == [ReservationExpired, BudgetReserved]


@pytest.mark.parametrize("until", [MONDAY, MONDAY - timedelta(1), MONDAY + timedelta(1, 1)])
def test_an_expiry_lies_ahead_by_a_day_at_most(until):
    given_budget(ALLOCATED).when(reserve, **asking(until=until)).then_refused(ExpiryWrong)


def test_bad_requests_are_refused():
    budget = given_budget(ALLOCATED)
    budget.when(reserve, **asking(units=0)).then_refused(AmountWrong)
    budget.when(reserve, **{**asking(), "amount": eur(1)}).then_refused(CurrencyMismatch)
    given_budget().when(reserve, **asking()).then_refused(BudgetUnknown)
    for ending in (commit, release):
        more = {"amount": None} if ending is commit else {}
        budget.when(ending, reservation="no", at=MONDAY, **more).then_refused(ReservationUnknown)
        given_budget().when(ending, reservation="no", at=MONDAY, **more).then_refused(BudgetUnknown)


def test_only_so_many_are_open_at_once():
    small = [
        BudgetReserved(
            campaign=SPRING, reservation=str(n), amount=usd(0, 1), on=MONDAY.date(),
            expires_at=SOON, reserved_at=MONDAY,
        )
        for n in range(OPEN_MAX)
    ]  # fmt: skip
    refused = given_budget(ALLOCATED, *small).when(reserve, **asking(units=1))
    refused.then_refused(TooManyReservations)


class Promises(RuleBasedStateMachine):
    """Whatever is asked in whatever order: never more is promised than there is."""

    names = st.sampled_from("abcdef")
    units = st.integers(1, 40)

    @initialize(daily=st.none() | st.integers(5, 50))
    def open(self, daily):
        self.now = MONDAY
        self.billed = 0
        allocated = replace(ALLOCATED, daily=usd(daily) if daily else None)
        self.budget = state_after("budget", allocated)

    def take(self, decision, **circumstances):
        try:
            news = decision(self.budget, at=self.now, **circumstances)
        except Refusal:
            return
        self.budget = reduce(evolve, news, self.budget)
        assert decision(self.budget, at=self.now, **circumstances) == []

    @rule(name=names, units=units, minutes=st.integers(1, 600))
    def reserve(self, name, units, minutes):
        until = self.now + timedelta(minutes=minutes)
        self.take(reserve, reservation=name, amount=usd(units), expires_at=until)

    @rule(name=names, units=st.none() | units)
    def commit(self, name, units):
        self.take(commit, reservation=name, amount=usd(units) if units else None)

    @rule(name=names)
    def release(self, name):
        self.take(release, reservation=name)

    @rule(name=names)
    def expire(self, name):
        self.take(expire, reservation=name)

    @rule(units=units, reference=st.sampled_from("xyz"))
    def refund(self, units, reference):
        self.take(refund, amount=usd(units), reason="r", reference=f"refund {reference}")

    @rule(units=st.integers(-20, -1), reference=st.sampled_from("xyz"))
    def correct(self, units, reference):
        less = SignedMoney(micros=units * 1_000_000, currency="USD")
        on = day_of(self.now, "UTC")
        self.take(correct, amount=less, on=on, reason="r", reference=f"less {reference}")

    @rule(minutes=st.integers(1, 900))
    def wait(self, minutes):
        self.now += timedelta(minutes=minutes)

    @invariant()
    def no_more_is_promised_than_there_is(self):
        budget = self.budget
        assert budget.spent_micros >= 0
        assert budget.spent_micros + held(budget.holds.values()) <= budget.total.micros
        if budget.daily is not None:
            for day in {*budget.days, *(hold.on for hold in budget.holds.values())}:
                promised = budget.spent_on(day) + held(budget.holds.values(), on=day)
                assert promised <= budget.daily.micros


Promises.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestNoMoreIsPromisedThanThereIs = Promises.TestCase
