"""How much of a budget should be spent by when: curves over the flight, exact to the micro."""

import datetime as dt
from fractions import Fraction
from functools import lru_cache
from typing import Literal

import msgspec

from domain.budget.days import day_of, end_of, start_of, zone

HOURS = 24
HOUR = dt.timedelta(hours=1)
MICROSECOND = dt.timedelta(microseconds=1)

Shape = Literal["even", "front_loaded", "hour_profile"]


class Curve(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How spend is meant to be spread over a flight.

    `even` spends as fast at any moment. `front_loaded` begins twice as fast and slows down
    steadily to nothing: half the flight spends three quarters. `hour_profile` spends in each
    hour of the advertiser's day in proportion to the 24 weights in `hours`.
    """

    shape: Shape = "even"
    hours: tuple[int, ...] = ()


EVEN = Curve()


class Flight(msgspec.Struct, frozen=True, kw_only=True):
    """When a campaign runs, and the zone in which its hours are counted; the end is exclusive."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    time_zone: str = "UTC"


def share_due(curve: Curve, flight: Flight, at: dt.datetime) -> Fraction | None:
    """Return which part of the budget should be spent by `at`, 0 to 1; None before the flight."""
    if at <= flight.starts_at or flight.ends_at <= flight.starts_at:
        return None
    until = min(at, flight.ends_at)
    if curve.shape == "hour_profile":
        whole = _weighed(curve.hours, flight.time_zone, flight.starts_at, flight.ends_at)
        if whole:
            return Fraction(_weighed(curve.hours, flight.time_zone, flight.starts_at, until), whole)
    flown = Fraction(
        _microseconds(flight.starts_at, until), _microseconds(flight.starts_at, flight.ends_at)
    )
    return flown * (2 - flown) if curve.shape == "front_loaded" else flown


def _weighed(hours: tuple[int, ...], time_zone: str, start: dt.datetime, end: dt.datetime) -> int:
    """Return the microseconds from `start` to `end`, each times its local hour's weight."""
    last = day_of(end, time_zone)
    if day_of(start, time_zone) == last:
        return _within_a_day(hours, time_zone, start, end)
    yesterday = last - dt.timedelta(days=1)
    midnight = end_of(yesterday, time_zone)
    return _through(hours, time_zone, start, yesterday) + _within_a_day(
        hours, time_zone, midnight, end
    )


@lru_cache(maxsize=4096)
def _through(hours: tuple[int, ...], time_zone: str, start: dt.datetime, day: dt.date) -> int:
    """Return the weighed microseconds from `start` to the end of the local day `day`."""
    total, now, today = 0, start, day_of(start, time_zone)
    while today <= day:
        midnight = end_of(today, time_zone)
        if midnight - now == HOURS * HOUR and now == start_of(today, time_zone):
            total += sum(hours) * _microseconds(now, now + HOUR)
        else:
            total += _within_a_day(hours, time_zone, now, midnight)
        now, today = midnight, today + dt.timedelta(days=1)
    return total


def _within_a_day(
    hours: tuple[int, ...], time_zone: str, start: dt.datetime, end: dt.datetime
) -> int:
    total, now = 0, start.astimezone(dt.UTC)
    while now < end:
        local = now.astimezone(zone(time_zone))
        full = (
            now
            + HOUR
            - dt.timedelta(
                minutes=local.minute, seconds=local.second, microseconds=local.microsecond
            )
        )
        until = min(full, end)
        total += hours[local.hour] * _microseconds(now, until)
        now = until
    return total


def _microseconds(start: dt.datetime, end: dt.datetime) -> int:
    return (end - start) // MICROSECOND
