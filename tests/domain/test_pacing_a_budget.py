from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.budget.decisions import BudgetUnknown, Usage, spend
from domain.budget.events import (
    BudgetAllocated,
    BudgetNearingLimit,
    BudgetSpent,
    PacingFellBehind,
    PacingRanAhead,
    PacingRecovered,
    PacingSet,
)
from domain.budget.pace import CurveWrong, judge, set_pacing
from domain.budget.pacing import EVEN, Curve, Flight, share_due
from domain.budget.state import evolve
from tests.people import SPRING, usd
from tests.spec import given_budget, state_after

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
START = datetime(2026, 3, 2, tzinfo=UTC)
FLIGHT = Flight(starts_at=START, ends_at=START + 10 * DAY)
FRONT = Curve(shape="front_loaded")
ALLOCATED = BudgetAllocated(
    campaign=SPRING, total=usd(1_000), daily=None, campaign_version=1, allocated_at=START,
    starts_at=FLIGHT.starts_at, ends_at=FLIGHT.ends_at,
)  # fmt: skip


def hours(**weights):
    """An hour profile: `hours(h9=2)` has weight 2 at nine and 0 in every other hour."""
    return Curve(shape="hour_profile", hours=tuple(weights.get(f"h{h}", 0) for h in range(24)))


def spent(units, *, at):
    return BudgetSpent(
        campaign=SPRING, amount=usd(units), impressions=1, partition=0, first=1, last=1,
        on=at.date(), spent_at=at,
    )  # fmt: skip


def kinds(events):
    return [type(event) for event in events]


@pytest.mark.parametrize(
    ("curve", "days", "share"),
    [
        (EVEN, 1, Fraction(1, 10)),
        (EVEN, 5, Fraction(1, 2)),
        (EVEN, 11, 1),
        (FRONT, 1, Fraction(19, 100)),
        (FRONT, 5, Fraction(3, 4)),
        (FRONT, 10, 1),
    ],
)
def test_a_share_is_due_by_its_curve(curve, days, share):
    assert share_due(curve, FLIGHT, START + days * DAY) == share


def test_before_the_flight_and_as_it_starts_nothing_is_due():
    assert share_due(EVEN, FLIGHT, START - HOUR) is None
    assert share_due(EVEN, FLIGHT, START) is None
    assert share_due(EVEN, replace(FLIGHT, ends_at=START), START + DAY) is None


def test_an_hour_profile_spends_in_its_hours_alone():
    lunch = hours(h12=1, h13=3)
    seen = [share_due(lunch, FLIGHT, START + h * HOUR) for h in (12, 12.5, 13, 14, 23, 36)]
    tenth = Fraction(1, 10)
    assert seen == [0, tenth / 8, tenth / 4, tenth, tenth, tenth]


def test_the_hours_are_the_advertisers():
    flight = Flight(
        starts_at=datetime(2026, 3, 2, 23, tzinfo=UTC),  # midnight of the third in Berlin
        ends_at=datetime(2026, 3, 3, 23, tzinfo=UTC),
        time_zone="Europe/Berlin",
    )
    nine_to_ten = hours(h9=1)
    at_eight, at_nine = (datetime(2026, 3, 3, h, tzinfo=UTC) for h in (8, 9))
    assert share_due(nine_to_ten, flight, at_eight) == 0
    assert share_due(nine_to_ten, flight, at_nine) == 1


@pytest.mark.parametrize(("month", "day", "hour_two"), [(3, 29, 0), (10, 25, 2), (6, 1, 1)])
def test_an_hour_that_clocks_skip_is_never_due_and_one_they_repeat_twice(month, day, hour_two):
    midnight = datetime(2026, month, day, tzinfo=UTC) - (2 if month != 3 else 1) * HOUR
    end = midnight + (24 - 1 + hour_two) * HOUR
    flight = Flight(starts_at=midnight, ends_at=end, time_zone="Europe/Berlin")
    every, two = Curve(shape="hour_profile", hours=(1,) * 24), hours(h2=1, h5=1)
    assert share_due(every, flight, midnight + HOUR) == Fraction(1, 23 + hour_two)
    after_two = midnight + (2 + hour_two) * HOUR
    assert share_due(two, flight, after_two) == Fraction(hour_two, hour_two + 1)


def test_a_flight_that_misses_all_its_hours_is_paced_evenly():
    short = Flight(starts_at=START + 9 * HOUR, ends_at=START + 11 * HOUR)
    assert share_due(hours(h20=1), short, START + 10 * HOUR) == Fraction(1, 2)


curves = st.sampled_from([EVEN, FRONT, hours(h0=1, h23=5), Curve(
    shape="hour_profile", hours=tuple(range(24))
)])  # fmt: skip
zones = st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"])
moments = st.lists(st.integers(1, 400 * 24 * 60), min_size=3, max_size=8).map(sorted)


@given(curves, zones, moments)
def test_what_is_due_only_grows_and_ends_whole(curve, zone, minutes):
    times = [START + timedelta(minutes=minute) for minute in minutes]
    flight = Flight(starts_at=times[0] - HOUR, ends_at=times[-1], time_zone=zone)
    dues = [share_due(curve, flight, at) for at in times]
    assert dues == sorted(dues)
    assert dues[0] >= 0
    assert dues[-1] == 1


profiles = st.lists(st.integers(0, 9), min_size=24, max_size=24).map(tuple)


@given(profiles, st.integers(0, 1_440), st.integers(1, 3_000))
def test_adding_whole_days_at_once_is_adding_every_minute(weights, first, minutes):
    start = START + timedelta(minutes=first)
    flight = Flight(starts_at=start, ends_at=start + timedelta(minutes=3_000))
    each = [weights[(start + timedelta(minutes=minute)).hour] for minute in range(3_000)]
    due = share_due(
        Curve(shape="hour_profile", hours=weights), flight, start + timedelta(minutes=minutes)
    )
    expected = Fraction(sum(each[:minutes]), sum(each)) if sum(each) else Fraction(minutes, 3_000)
    assert due == expected


@pytest.mark.parametrize(
    ("units", "rings"),
    [(949, [PacingFellBehind]), (950, []), (1_000, []), (1_050, []), (1_051, [PacingRanAhead])],
)
def test_five_percent_off_the_plan_rings(units, rings):
    bigger = replace(ALLOCATED, total=usd(10_000))
    at = START + DAY
    history = given_budget(bigger, spent(units, at=at))
    assert kinds(judge(history.state, at=at)) == rings


def test_departures_ring_once_and_again_only_after_spend_was_back():
    budget = state_after("budget", ALLOCATED, spent(90, at=START + DAY))
    (behind,) = judge(budget, at=START + DAY)
    assert (behind.spent, behind.expected) == (usd(90), usd(100))
    budget = evolve(budget, behind)
    assert judge(budget, at=START + DAY + HOUR) == []
    budget = evolve(budget, spent(6, at=START + DAY))  # 96 of 100: within five, not within 2.5
    assert judge(budget, at=START + DAY) == []
    budget = evolve(budget, spent(2, at=START + DAY))
    (back,) = judge(budget, at=START + DAY)
    assert isinstance(back, PacingRecovered)
    budget = evolve(budget, back)
    assert kinds(judge(budget, at=START + 2 * DAY)) == [PacingFellBehind]


def test_spend_rings_as_it_comes_and_beside_other_alarms():
    budget = state_after("budget", ALLOCATED)
    at = START + DAY
    usage = {"currency": "USD", "partition": 0, "first": 1, "last": 1, "at": at}
    news = spend(budget, usages=(Usage(at, 850_000_000, 1),), **usage)
    assert kinds(news) == [BudgetSpent, BudgetNearingLimit, PacingRanAhead]


def test_the_first_impressions_of_a_flight_do_not_ring():
    at = START + HOUR / 2
    assert judge(state_after("budget", ALLOCATED), at=at) == []
    assert judge(state_after("budget", ALLOCATED, spent(9, at=at)), at=at) == []
    assert kinds(judge(state_after("budget", ALLOCATED, spent(10, at=at)), at=at)) == [
        PacingRanAhead
    ]


def test_choosing_a_curve_is_recorded_once():
    noon = hours(h12=1)
    budget = given_budget(ALLOCATED)
    chosen = PacingSet(campaign=SPRING, curve=noon, version=2, set_at=START)
    budget.when(set_pacing, curve=noon, version=2, at=START).then(chosen)
    budget = given_budget(ALLOCATED, chosen)
    budget.when(set_pacing, curve=noon, version=3, at=START).then_nothing()
    assert kinds(budget.when(set_pacing, curve=EVEN, version=3, at=START).take()) == [PacingSet]


@pytest.mark.parametrize(
    "curve",
    [
        Curve(shape="hour_profile"),
        Curve(shape="hour_profile", hours=(1,) * 23),
        Curve(shape="hour_profile", hours=(0,) * 24),
        Curve(shape="hour_profile", hours=(-1, *(1,) * 23)),
        Curve(shape="hour_profile", hours=(1_001, *(1,) * 23)),
        Curve(shape="even", hours=(1,) * 24),
    ],
)
def test_what_is_no_curve_is_refused_with_the_field(curve):
    refused = given_budget(ALLOCATED).when(set_pacing, curve=curve, version=2, at=START)
    assert refused.then_refused(CurveWrong).errors


def test_nothing_is_paced_without_a_budget_or_a_flight():
    given_budget().when(set_pacing, curve=FRONT, version=1, at=START).then_refused(BudgetUnknown)
    given_budget().when(judge, at=START).then_nothing()
    endless = replace(ALLOCATED, ends_at=None)
    given_budget(endless, spent(900, at=START)).when(judge, at=START + DAY).then_nothing()
