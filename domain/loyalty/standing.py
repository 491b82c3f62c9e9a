"""Where a member stands at a moment: the tier, what it rests on, and how long it holds."""

import datetime as dt

from domain.loyalty.calendar import months_later
from domain.loyalty.state import Lot, Member
from domain.loyalty.tiers import (
    QUALIFYING_MONTHS,
    THRESHOLDS,
    Tier,
    above,
    below,
    tier_for,
)

INACTIVITY = dt.timedelta(days=180)  # FR-LOY-007


def qualifying(member: Member, at: dt.datetime) -> int:
    """Return the stars earned in the 12 months before `at`."""
    return sum(lot.stars for lot in member.lots.values() if lot.qualifies_until > at)


def tier_at(member: Member, at: dt.datetime) -> Tier:
    """Return the tier that the rules give at a moment (product decision 8)."""
    return _tier(member, qualifying(member, at), at)


def holds_until(member: Member, at: dt.datetime) -> dt.datetime | None:
    """Return when that tier falls if nothing more is earned; None when it cannot fall."""
    tier = tier_at(member, at)
    if tier is Tier.BASIC:
        return None
    counting = [lot for lot in member.lots.values() if lot.qualifies_until > at]
    stars = sum(lot.stars for lot in counting)
    for lot in sorted(counting, key=_leaves):
        stars -= lot.stars
        if below(_tier(member, stars, lot.qualifies_until), tier):
            return lot.qualifies_until
    return _welcome_until(member)


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


def _tier(member: Member, stars: int, at: dt.datetime) -> Tier:
    until = _welcome_until(member)
    if until is None:
        return Tier.BASIC
    tier = tier_for(stars)
    return Tier.SILVER if tier is Tier.BASIC and at < until else tier


def _welcome_until(member: Member) -> dt.datetime | None:
    """Return until when a confirmed enrolment is Silver without a single star."""
    if member.confirmed_at is None:
        return None
    return months_later(member.confirmed_at, QUALIFYING_MONTHS)


def _leaves(lot: Lot) -> dt.datetime:
    return lot.qualifies_until
