"""Which ranges of billed facts were turned into spend: the spend process manager's memory."""

import datetime as dt

import msgspec

from domain.event import Event


class SpendRangeClaimed(Event, frozen=True, kw_only=True, tag="spend.range_claimed.v1"):
    """From here on, `first` to `last` of the partition is exactly one range, for ever."""

    partition: int
    first: int
    last: int
    claimed_at: dt.datetime


class Claimed(msgspec.Struct, frozen=True):
    """The newest range; everything before it was spent."""

    first: int = 0
    last: int = 0


NOTHING_CLAIMED = Claimed()


def evolve(_: Claimed, event: SpendRangeClaimed) -> Claimed:
    """Accept what happened: only the newest range matters."""
    return Claimed(first=event.first, last=event.last)


def claim(
    claimed: Claimed, *, partition: int, beyond: int, through: int, at: dt.datetime
) -> list[SpendRangeClaimed]:
    """Claim what lies past `beyond`, which must still be the end of the newest range.

    Otherwise someone else claimed meanwhile, and their range must be spent first.
    """
    if claimed.last != beyond or through <= beyond:
        return []
    return [SpendRangeClaimed(partition=partition, first=beyond + 1, last=through, claimed_at=at)]
