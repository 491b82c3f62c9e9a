"""What follows by itself: stars run out, tiers rise and fall, and lots are taken in their order."""

import datetime as dt
from collections.abc import Sequence

from msgspec.structs import replace

from domain.loyalty.events import (
    EnrolmentConfirmed,
    MemberEvent,
    Portion,
    PurchaseRefunded,
    StarsEarned,
    StarsExpired,
    TierChanged,
    TierReason,
)
from domain.loyalty.lots import Lot
from domain.loyalty.refusals import MemberUnknown, PurchaseTooOld
from domain.loyalty.standing import Standing, expires_at, standing
from domain.loyalty.state import LoyaltyMember, Member, Stranger, evolve
from domain.loyalty.tiers import Tier, below


def fallen_due(member: LoyaltyMember, *, at: dt.datetime) -> list[MemberEvent]:
    """Return what the passing of time alone has led to: stars run out, a tier falls."""
    known = member_of(member)
    return [*expiry(known, at=at), *_fall(known, at=at)]


def expiry(member: Member, *, at: dt.datetime) -> list[MemberEvent]:
    due = expires_at(member)
    if due is None or member.active_at is None or at < due:
        return []
    lots = oldest(member, member.balance)
    return [
        StarsExpired(
            member=member.ref,
            stars=member.balance,
            lots=lots,
            inactive_since=member.active_at,
            expired_at=at,
        )
    ]


def _fall(member: Member, *, at: dt.datetime) -> list[MemberEvent]:
    if member.tier_until is None or at < member.tier_until:
        return []
    now = standing(member, at)
    if not below(now.tier, member.tier):
        return []  # A clock set back would let it rise again: only a purchase does.
    return [_changed(member, now, "lapsed" if now.tier is Tier.BASIC else "window", at=at)]


def with_tier(
    member: Member,
    news: list[EnrolmentConfirmed | StarsEarned | PurchaseRefunded],
    reason: TierReason,
    *,
    at: dt.datetime,
) -> list[MemberEvent]:
    """Return the news with how long the tier now holds, and the new tier if it is another."""
    after = following(member, news)
    now = standing(after, at)
    told: list[MemberEvent] = [
        event if isinstance(event, EnrolmentConfirmed) else replace(event, tier_until=now.until)
        for event in news
    ]
    if now.tier == member.tier:
        return told
    return [*told, _changed(after, now, reason, at=at)]


def _changed(member: Member, now: Standing, reason: TierReason, *, at: dt.datetime) -> TierChanged:
    return TierChanged(
        member=member.ref,
        was=member.tier,
        now=now.tier,
        reason=reason,
        qualifying=now.qualifying,
        tier_until=now.until,
        changed_at=at,
    )


def oldest(member: Member, stars: int) -> tuple[Portion, ...]:
    """Return the portions that make up `stars`, from the oldest lots that have any left."""
    portions = []
    for number, lot in member.lots.items():
        if not stars:
            break
        if portion := min(lot.left, stars):
            portions.append(Portion(number, portion))
            stars -= portion
    return tuple(portions)


def parted(
    member: Member, portions: Sequence[Portion]
) -> tuple[tuple[Portion, ...], tuple[Portion, ...]]:
    """Part what comes back into what returns and what its lots owe for refunded purchases."""
    returned, withheld = [], []
    for portion in portions:
        lot = member.lots.get(portion.lot)
        owed = min(lot.owed, portion.stars) if lot else 0
        if owed:
            withheld.append(Portion(portion.lot, owed))
        if portion.stars > owed:
            returned.append(Portion(portion.lot, portion.stars - owed))
    return tuple(returned), tuple(withheld)


def lot_of(member: Member, purchase: str) -> tuple[int, Lot]:
    for number, lot in member.lots.items():
        if lot.purchase == purchase:
            return number, lot
    raise PurchaseTooOld(purchase=purchase)


def following(member: Member, news: Sequence[MemberEvent]) -> Member:
    after: LoyaltyMember = member
    for event in news:
        after = evolve(after, event)
    assert isinstance(after, Member)  # noqa: S101 - nothing makes a member a stranger again
    return after


def member_of(member: LoyaltyMember) -> Member:
    if isinstance(member, Stranger):
        raise MemberUnknown
    return member
