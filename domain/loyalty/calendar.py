"""Calendar months, as members count them: from a day to the same day of another month."""

import calendar
from datetime import datetime

MONTHS_PER_YEAR = 12
SHORTEST = 28  # days that every month has


def months_later(at: datetime, months: int) -> datetime:
    """Return the same day and time `months` later; a day that month lacks becomes its last.

    A year from 29 February 2028 is 28 February 2029.
    """
    year, month = divmod(at.year * MONTHS_PER_YEAR + at.month - 1 + months, MONTHS_PER_YEAR)
    if at.day <= SHORTEST:
        return at.replace(year=year, month=month + 1)
    days = calendar.monthrange(year, month + 1)[1]
    return at.replace(year=year, month=month + 1, day=min(at.day, days))
