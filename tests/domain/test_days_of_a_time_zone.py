from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.budget.days import day_of, end_of, is_zone, start_of

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
ZONES = [
    "UTC", "Europe/Berlin", "America/Los_Angeles", "America/New_York", "Asia/Kathmandu",
    "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Apia", "America/Havana", "Asia/Beirut",
]  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("UTC", date(2026, 3, 29), 24),
        ("Europe/Berlin", date(2026, 3, 28), 24),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("America/Havana", date(2026, 3, 8), 23),  # clocks skip midnight itself
        ("America/Havana", date(2026, 11, 1), 25),  # midnight comes twice
        ("Asia/Beirut", date(2026, 3, 29), 23),
    ],
)
def test_a_day_is_as_long_as_its_clocks_make_it(zone, day, hours):
    assert (end_of(day, zone) - start_of(day, zone)) / HOUR == hours


def test_a_day_begins_at_the_advertisers_midnight():
    assert start_of(date(2026, 3, 2), "Europe/Berlin") == datetime(2026, 3, 1, 23, tzinfo=UTC)
    assert start_of(date(2026, 7, 2), "Europe/Berlin") == datetime(2026, 7, 1, 22, tzinfo=UTC)
    assert start_of(date(2026, 3, 2), "America/Los_Angeles") == datetime(2026, 3, 2, 8, tzinfo=UTC)


moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)).map(  # noqa: DTZ001 - made aware next
    lambda at: at.replace(tzinfo=UTC)
)


@given(moments, st.sampled_from(ZONES))
def test_each_moment_lies_within_its_day(at, zone):
    day = day_of(at, zone)
    assert start_of(day, zone) <= at < end_of(day, zone)


@given(moments, st.sampled_from(ZONES))
def test_a_quarter_hour_of_utc_never_spans_two_days(at, zone):
    quarter = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
    last = quarter + QUARTER - timedelta(microseconds=1)
    assert day_of(quarter, zone) == day_of(at, zone) == day_of(last, zone)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "America", "/etc"])
def test_what_is_no_zone_is_told_apart(name):
    assert not is_zone(name)
    assert is_zone("Europe/Berlin")
