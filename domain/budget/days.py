"""Days as an advertiser counts them: from midnight to midnight of their own time zone.

A day is 23 or 25 hours long where clocks change; a zone is named as in the IANA database.
"""

import datetime as dt
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

DAY = dt.timedelta(days=1)


@cache
def zone(name: str) -> ZoneInfo:
    """Return the zone of this name; raises KeyError or ValueError when there is none."""
    return ZoneInfo(name)


def is_zone(name: str) -> bool:
    """Return whether the IANA database, as installed here, knows the name."""
    try:
        zone(name)
    except (KeyError, ValueError, OSError):  # a directory of the database is an OSError
        return False
    return True


def day_of(at: dt.datetime, time_zone: str) -> dt.date:
    """Return the day that an aware time falls on in the zone."""
    # Other zones' times may be equal and yet an hour apart, where clocks go back.
    return _utc_day(at, time_zone) if at.tzinfo is dt.UTC else _day(at, time_zone)


def _day(at: dt.datetime, time_zone: str) -> dt.date:
    return at.astimezone(zone(time_zone)).date()


_utc_day = lru_cache(maxsize=4096)(_day)


def start_of(day: dt.date, time_zone: str) -> dt.datetime:
    """Return the UTC time at which the zone's day begins.

    Where clocks skip midnight the day begins as they do, where midnight comes twice, with the
    first (PEP 495: `fold` is 0).
    """
    midnight = dt.datetime.combine(day, dt.time(), tzinfo=zone(time_zone))
    return midnight.astimezone(dt.UTC)


def end_of(day: dt.date, time_zone: str) -> dt.datetime:
    """Return the UTC time at which the zone's next day begins."""
    return start_of(day + DAY, time_zone)
