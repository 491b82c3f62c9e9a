"""Where a member stands at a moment: the tier, what it rests on, and how long it holds."""

import datetime as dt
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from domain.loyalty.calendar import months_later
from domain.loyalty.lots import Lot
from domain.loyalty.state import Member
from domain.loyalty.tiers import (
    QUALIFYING_MONTHS,
    THRESHOLDS,
    Tier,
    above,
    tier_for,
)

LEAVES = attrgetter("qualifies_until")
INACTIVITY = dt.timedelta(days=180)  # FR-LOY-007


class Standing(NamedTuple):
    """A tier, the stars of the last 12 months under it, and when it falls if none are added."""

    tier: Tier
    qualifying: int
    until: dt.datetime | None


def standing(member: Member, at: dt.datetime) -> Standing:
    """Return where the rules put a member at a moment (product decision 8)."""
    counting = member.lots.qualifying(at)
    stars = sum([lot.stars for lot in counting])
    tier = _tier(_welcome_until(member), stars, at)
    return Standing(tier, stars, _falls_at(member, tier, counting, stars))


def qualifying(member: Member, at: dt.datetime) -> int:
    """Return the stars earned in the 12 months before `at`."""
    return sum(lot.stars for lot in member.lots.qualifying(at))


def tier_at(member: Member, at: dt.datetime) -> Tier:
    """Return the tier that the rules give at a moment."""
    return _tier(_welcome_until(member), qualifying(member, at), at)


def expires_at(member: Member) -> dt.datetime | None:
    """Return when every star runs out if nothing is earned or redeemed; None without stars."""
    if not member.balance or member.active_at is None:
        return None
    return member.active_at + INACTIVITY


def missing(member: Member, at: dt.datetime) -> tuple[Tier, int] | None:
    """Return the next tier and how many more stars it takes; None at the top.

    An enrolment that is not confirmed lacks no stars: it lacks the confirmation.
    """
    higher = above(member.tier)
    if higher is None:
        return None
    if member.confirmed_at is None:
        return Tier.SILVER, 0
    return higher, max(0, THRESHOLDS[higher] - qualifying(member, at))


def _falls_at(
    member: Member, tier: Tier, counting: Sequence[Lot], stars: int
) -> dt.datetime | None:
    if tier is Tier.BASIC:
        return None
    welcome = _welcome_until(member)
    spared = welcome if tier is Tier.SILVER else None  # by the welcome, however few stars
    threshold = THRESHOLDS[tier]
    for lot in sorted(counting, key=LEAVES):
        stars -= lot.stars
        if stars < threshold and (spared is None or lot.qualifies_until >= spared):
            return lot.qualifies_until
    return welcome


def _tier(until: dt.datetime | None, stars: int, at: dt.datetime) -> Tier:
    """Return the tier at a moment of a member who is Silver `until` then for having come."""
    if until is None:
        return Tier.BASIC
    tier = tier_for(stars)
    return Tier.SILVER if tier is Tier.BASIC and at < until else tier


def _welcome_until(member: Member) -> dt.datetime | None:
    """Return until when a confirmed enrolment is Silver without a single star."""
    if member.confirmed_at is None:
        return None
    return months_later(member.confirmed_at, QUALIFYING_MONTHS)
