from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.memory_views import MemoryViews
from projections.calendar import CALENDAR, Calendar, Span, StoredCalendar, day_span
from projections.views import BadCursor
from tests.people import (
    ACME,
    APPROVED,
    BIGGER,
    BRIEF,
    DRAFTED,
    GLOBEX,
    MONDAY,
    SUBMITTED,
    WENT_LIVE,
)
from tests.projections.scribe import EDITED, VOIDED, Scribe, kept_up
from tests.projections.stores import STORES, opened

MARCH = day_span(date(2027, 3, 1), date(2027, 3, 31))


def at(month, day, hour=0, year=2027):
    return datetime(year, month, day, hour, tzinfo=UTC)


def flying(starts_at, ends_at, drafted_at=MONDAY):
    brief = replace(BRIEF, starts_at=starts_at, ends_at=ends_at)
    return replace(DRAFTED, brief=brief, drafted_at=drafted_at)


async def written(views, **flights):
    scribe = Scribe()
    for campaign, flight in flights.items():
        await scribe.campaign(flying(*flight), campaign=campaign)
    await kept_up(CALENDAR, scribe.log, views)
    return StoredCalendar(views)


async def found(calendar, span, **more):
    page = await calendar.between(ACME, span, **more)
    return [flight.id for flight in page.flights]


async def all_of(calendar, span, *, limit):
    seen, cursor = [], None
    while True:
        page = await calendar.between(ACME, span, limit=limit, cursor=cursor)
        assert page.next is None or len(page.flights) == limit
        seen += [flight.id for flight in page.flights]
        if (cursor := page.next) is None:
            return seen


@pytest.fixture(params=STORES)
async def views(request):
    async with opened(request.param, request) as (store, _):
        yield store


async def test_the_query_is_what_the_read_side_asks(views):
    assert isinstance(StoredCalendar(views), Calendar)


async def test_a_flight_is_found_from_its_first_day_to_its_last_moment(views):
    calendar = await written(
        views,
        before=(at(2, 1), at(3, 1)),  # ends as March begins
        into=(at(2, 1), at(3, 1, 1)),
        inside=(at(3, 10), at(3, 11)),
        across=(at(1, 1, year=2020), at(1, 1, year=2040)),
        last=(at(3, 31, 23), at(6, 1)),
        after=(at(4, 1), at(5, 1)),
    )
    assert await found(calendar, MARCH) == ["across", "into", "inside", "last"]


async def test_what_has_no_start_or_no_end_is_open_on_that_side(views):
    calendar = await written(
        views,
        endless=(at(2, 1), None),
        ready=(None, at(3, 2)),  # may fly from when it was drafted
        later=(None, at(5, 1), at(4, 1)),
        undated=(None, None),
        over=(None, at(2, 1)),
    )
    assert await found(calendar, MARCH) == ["ready", "endless"]


async def test_pages_follow_each_other_in_the_order_in_which_flights_begin(views):
    lengths = [1, 8, 40, 100, 400, 4_000, None]
    flights = {
        f"c{number:02}": (
            at(3, 1) + timedelta(days=number // 3),
            at(3, 1) + timedelta(days=number // 3 + length) if length else None,
        )
        for number in range(21)
        for length in [lengths[number % len(lengths)]]
    }
    calendar = await written(views, **flights)
    for limit in (1, 2, 5, 50):
        assert await all_of(calendar, MARCH, limit=limit) == list(flights)


async def test_an_edit_moves_the_flight_and_a_step_its_stage(views):
    scribe = Scribe()
    await scribe.campaign(flying(at(3, 1), at(3, 5)), SUBMITTED)
    moved = replace(EDITED, brief=replace(BIGGER, starts_at=at(3, 3), ends_at=at(3, 6)))
    await scribe.campaign(moved, VOIDED)
    await kept_up(CALENDAR, scribe.log, views)
    calendar = StoredCalendar(views)
    assert await found(calendar, day_span(date(2027, 3, 1), date(2027, 3, 2))) == []
    (flight,) = (await calendar.between(ACME, MARCH)).flights
    assert (flight.stage, flight.budget, flight.starts_at) == ("draft", BIGGER.budget, at(3, 3))
    await scribe.campaign(SUBMITTED, APPROVED, WENT_LIVE)
    await kept_up(CALENDAR, scribe.log, views)
    (flight,) = (await calendar.between(ACME, MARCH)).flights
    assert flight.stage == "live"


async def test_another_tenants_flights_are_not_seen(views):
    calendar = await written(views, ours=(at(3, 1), at(3, 5)))
    assert (await calendar.between(GLOBEX, MARCH)).flights == []


async def test_the_end_of_the_calendar_is_still_on_it(views):
    calendar = await written(views, last=(at(12, 31, year=9999), None), first=(None, at(3, 1)))
    span = day_span(date.min, date.max)
    assert await all_of(calendar, span, limit=1) == ["first", "last"]


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "٣", "9" * 40])
async def test_a_made_up_cursor_is_refused(cursor):
    with pytest.raises(BadCursor):
        await StoredCalendar(MemoryViews()).between(ACME, MARCH, cursor=cursor)


moments = st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone
lengths = st.one_of(st.timedeltas(timedelta(minutes=1), timedelta(days=9)), st.timedeltas(
    timedelta(minutes=1), timedelta(days=5_000)
))  # fmt: skip
flights = st.lists(st.tuples(st.none() | moments, st.none() | lengths, moments), max_size=25)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(flights, moments, st.timedeltas(timedelta(0), timedelta(days=400)), st.integers(1, 7))
async def test_the_index_finds_what_reading_everything_finds(drawn, opening, long, limit):
    planned = {
        f"c{number}": (start, None if length is None else (start or drafted) + length, drafted)
        for number, (start, length, drafted) in enumerate(drawn)
    }
    calendar = await written(MemoryViews(), **planned)
    span = Span(opening, opening + long)

    def touches(start, end, drafted):
        dated = start is not None or end is not None
        begins = start or drafted
        return dated and begins < span.closing and (end is None or end > span.opening)

    wanted = {campaign for campaign, flight in planned.items() if touches(*flight)}
    seen = await all_of(calendar, span, limit=limit)
    days = [datetime.combine(planned[c][0] or planned[c][2], time.min) for c in seen]
    assert (set(seen), len(seen)) == (wanted, len(wanted))
    assert days == sorted(days)
