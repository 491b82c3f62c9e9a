"""Money set aside and not spent yet, and how the newest reservations ended."""

import datetime as dt
from collections.abc import Iterable
from typing import Literal

import msgspec

OPEN_MAX = 1_000
CLOSED_KEPT = 256  # an end is remembered so long that a retry finds it

End = Literal["committed", "released", "expired"]


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """An open reservation: so many micros of one day's budget, until a time."""

    micros: int
    on: dt.date
    expires_at: dt.datetime


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """How a reservation ended; `micros` is what was committed of it."""

    end: End
    micros: int = 0


def held(holds: Iterable[Hold], *, on: dt.date | None = None) -> int:
    """Return the micros that are set aside, of one day when it is named."""
    return sum(hold.micros for hold in holds if on is None or hold.on == on)


def newest(closed: dict[str, Closed]) -> dict[str, Closed]:
    """Return the last `CLOSED_KEPT`, oldest first."""
    if len(closed) <= CLOSED_KEPT:
        return closed
    return {name: closed[name] for name in list(closed)[-CLOSED_KEPT:]}
