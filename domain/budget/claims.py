"""Which ranges of billed facts were turned into spend: the spend process manager's memory."""

import datetime as dt

import msgspec
from msgspec.structs import replace

from domain.event import Event
from domain.identity import CampaignId


class SpendRangeClaimed(Event, frozen=True, kw_only=True, tag="spend.range_claimed.v1"):
    """From here on, `first` to `last` of the partition is exactly one range, for ever."""

    partition: int
    first: int
    last: int
    claimed_at: dt.datetime


class SpendParked(Event, frozen=True, kw_only=True, tag="spend.parked.v1"):
    """Billed impressions that no budget took, and why: someone must look at the money.

    The range is not tried again: once there is a budget, a correction counts what is told here.
    """

    campaign: CampaignId
    currency: str
    micros: int
    impressions: int
    partition: int
    first: int
    last: int
    code: str  # of the refusal
    parked_at: dt.datetime


ClaimEvent = SpendRangeClaimed | SpendParked


class Claimed(msgspec.Struct, frozen=True):
    """The newest range, and what of it was parked; everything before it was spent."""

    first: int = 0
    last: int = 0
    parked: frozenset[tuple[str, str]] = frozenset()  # campaign and currency


NOTHING_CLAIMED = Claimed()


def evolve(claimed: Claimed, event: ClaimEvent) -> Claimed:
    """Accept what happened: only the newest range matters."""
    match event:
        case SpendRangeClaimed(first=first, last=last):
            return Claimed(first=first, last=last)
        case SpendParked(campaign=campaign, currency=currency):
            return replace(claimed, parked=claimed.parked | {(campaign, currency)})


def claim(
    claimed: Claimed, *, partition: int, beyond: int, through: int, at: dt.datetime
) -> list[ClaimEvent]:
    """Claim what lies past `beyond`, which must still be the end of the newest range.

    Otherwise someone else claimed meanwhile, and their range must be spent first.
    """
    if claimed.last != beyond or through <= beyond:
        return []
    return [SpendRangeClaimed(partition=partition, first=beyond + 1, last=through, claimed_at=at)]


def park(claimed: Claimed, *, parked: SpendParked) -> list[ClaimEvent]:
    """Put money aside that no budget took, once for each campaign and currency of a range."""
    if parked.last < claimed.last or (parked.campaign, parked.currency) in claimed.parked:
        return []
    return [parked]
