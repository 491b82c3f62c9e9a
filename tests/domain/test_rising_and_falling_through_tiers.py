from datetime import UTC, datetime, timedelta

import pytest

from domain.loyalty.calendar import months_later
from domain.loyalty.standing import missing, qualifying, standing
from tests.domain.members import after, cancel, day, earn, redeem, refund, time_passes

YEAR = 365  # from a Monday in March 2026 no 29 February is in the way


def changes(decide, member):
    """Return the tier changes a decision leads to."""
    return [
        (event.was, event.now, event.reason)
        for event in decide(member)
        if type(event).__name__ == "TierChanged"
    ]


@pytest.mark.parametrize(
    ("units", "tier"), [(499, "silver"), (500, "gold"), (2_499, "gold"), (2_500, "reserve")]
)
def test_a_tier_is_reached_with_its_threshold(units, tier):
    assert after(earn("p", units)).tier == tier


def test_the_tier_is_looked_at_on_every_purchase():
    member = after(earn("p", 300))
    assert changes(earn("q", 199, 1), member) == []
    assert changes(earn("q", 200, 1), member) == [("silver", "gold", "earned")]
    assert changes(earn("q", 2_200, 1), member) == [("silver", "reserve", "earned")]


def test_redeeming_costs_no_tier():
    member = after(earn("p", 600), redeem("r", 600, 1), cancel("r", 2))
    assert (member.tier, qualifying(member, day(2))) == ("gold", 600)


def test_a_refund_costs_the_tier_that_rested_on_it():
    member = after(earn("p", 300), earn("q", 300, 1))
    assert changes(refund("q", 2), member) == [("gold", "silver", "refunded")]


def test_a_tier_falls_when_the_stars_under_it_are_twelve_months_old():
    member = after(earn("p", 300), earn("q", 300, 30))
    assert member.tier_until == day(YEAR)
    assert changes(time_passes(YEAR - 1), member) == []
    assert changes(time_passes(YEAR), member) == [("gold", "silver", "window")]
    member = after(time_passes(YEAR), member=member)
    assert (member.tier, member.tier_until) == ("silver", day(YEAR + 30))


def test_whoever_earns_nothing_for_twelve_months_lapses_to_basic():
    member = after()
    assert member.tier_until == day(YEAR)
    assert changes(time_passes(YEAR), member) == [("silver", "basic", "lapsed")]
    member = after(time_passes(YEAR), member=member)
    assert (member.tier, member.tier_until) == ("basic", None)
    assert changes(earn("p", 1, YEAR + 1), member) == [("basic", "silver", "earned")]


def test_a_fall_that_no_timer_noticed_comes_before_the_next_purchase():
    member = after(earn("p", 600))
    assert changes(earn("q", 1, YEAR), member) == [
        ("gold", "basic", "lapsed"),
        ("basic", "silver", "earned"),
    ]


def test_a_tier_that_holds_on_longer_says_so():
    member = after(earn("p", 600))
    assert member.tier_until == day(YEAR)
    assert after(earn("q", 600, 100), member=member).tier_until == day(YEAR + 100)


def test_a_clock_set_back_gives_no_tier_back():
    member = after(earn("p", 600), time_passes(YEAR))
    assert member.tier == "basic"
    assert time_passes(YEAR - 10)(member) == []


def test_what_is_missing_for_the_next_tier_is_told():
    assert missing(after(earn("p", 420)), day(1)) == ("gold", 80)
    assert missing(after(earn("p", 501)), day(1)) == ("reserve", 1_999)
    assert missing(after(earn("p", 2_500)), day(1)) is None
    assert missing(after(time_passes(YEAR)), day(YEAR)) == ("silver", 1)


def test_the_day_before_a_tier_falls_it_holds_and_then_it_does_not():
    member = after(*(earn(f"p{n}", 90, n * 20) for n in range(10)))
    until = standing(member, day(180)).until
    assert until == day(YEAR + 80)  # five of ten purchases later, 450 stars are left
    before, at = until - timedelta(microseconds=1), until
    assert qualifying(member, before) == 540
    assert qualifying(member, at) == 450


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2028-02-29", 12, "2029-02-28"),
        ("2027-02-28", 12, "2028-02-28"),
        ("2028-02-29", 48, "2032-02-29"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-01-31", 12, "2027-01-31"),
        ("2026-11-30", 3, "2027-02-28"),
    ],
)
def test_months_are_those_of_the_calendar(start, months, end):
    opened, closed = (
        datetime.fromisoformat(text).replace(hour=9, tzinfo=UTC) for text in (start, end)
    )
    assert months_later(opened, months) == closed
