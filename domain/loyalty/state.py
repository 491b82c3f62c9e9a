"""What a member is, given everything that happened to them."""

import datetime as dt
from collections.abc import Iterable
from itertools import takewhile

import msgspec
from msgspec.structs import replace

from domain.loyalty.calendar import months_later
from domain.loyalty.events import (
    EnrolmentConfirmed,
    MemberEnrolled,
    MemberEvent,
    MemberRewarded,
    Portion,
    PurchaseRefunded,
    RedemptionCancelled,
    StarsEarned,
    StarsExpired,
    StarsRedeemed,
    TierChanged,
)
from domain.loyalty.lots import Lot, Lots
from domain.loyalty.seen import Seen
from domain.loyalty.tiers import Tier

UNDOABLE_MONTHS = 12  # how long a redemption can be cancelled; a purchase, while it qualifies


class Stranger(msgspec.Struct, frozen=True):
    """Nobody of this programme."""


class Redemption(msgspec.Struct, frozen=True, kw_only=True):
    stars: int
    taken: tuple[Portion, ...]
    redeemed_at: dt.datetime
    cancellable_until: dt.datetime
    cancelled: bool = False


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Someone with stars. `balance` is always what the lots have left together.

    Lots that are spent and redemptions are kept while something can still be undone; of older
    ones only the callers' ids stay, so that nothing is ever counted twice.
    """

    ref: str
    enrolled_at: dt.datetime
    confirmed_at: dt.datetime | None = None
    tier: Tier = Tier.BASIC
    tier_since: dt.datetime
    tier_until: dt.datetime | None = None
    balance: int = 0
    lifetime: int = 0
    active_at: dt.datetime | None = None  # the last time stars were earned or redeemed
    lots: Lots = Lots()
    lots_made: int = 0
    redemptions: dict[str, Redemption] = {}  # oldest first
    purchases: Seen = Seen()  # every purchase there was, with its micros
    redeemed: Seen = Seen()  # every redemption there was, with its stars
    rewarded: Seen = Seen()  # every decision of a model that was rewarded, once each


LoyaltyMember = Stranger | Member

STRANGER = Stranger()


def evolve(  # noqa: C901, PLR0911 - one case per event: splitting would hide one
    member: LoyaltyMember, event: MemberEvent
) -> LoyaltyMember:
    """Accept what happened: history is never argued with, so nothing is refused."""
    if isinstance(member, Stranger):
        return _enrolled(event) if isinstance(event, MemberEnrolled) else member
    match event:
        case MemberEnrolled():
            return member  # Again: on the record, without effect.
        case EnrolmentConfirmed():
            return replace(member, confirmed_at=event.confirmed_at)
        case StarsEarned():
            return _earned(member, event)
        case StarsRedeemed():
            return _redeemed(member, event)
        case RedemptionCancelled():
            return _cancelled(member, event)
        case PurchaseRefunded():
            return _refunded(member, event)
        case StarsExpired():
            return _moved(member, event.lots, sign=-1)
        case TierChanged():
            return replace(
                member,
                tier=event.now,
                tier_since=event.changed_at,
                tier_until=event.tier_until,
            )
        case MemberRewarded(decision=decision):
            return replace(member, rewarded=member.rewarded.with_(decision, 1))


def _enrolled(event: MemberEnrolled) -> Member:
    return Member(ref=event.member, enrolled_at=event.enrolled_at, tier_since=event.enrolled_at)


def _earned(member: Member, event: StarsEarned) -> Member:
    if member.lots.get(event.lot):
        return member
    lot = Lot(
        purchase=event.purchase,
        paid=event.amount,
        millionths=event.millionths,
        stars=event.stars,
        left=event.stars,
        earned_at=event.earned_at,
        qualifies_until=event.qualifies_until,
        undoable_until=event.qualifies_until,
    )
    return replace(
        member,
        redemptions=_undoable(member.redemptions, event.earned_at),
        lots=member.lots.tidied(event.earned_at).with_(event.lot, lot),
        lots_made=max(member.lots_made, event.lot),
        balance=member.balance + event.stars,
        lifetime=member.lifetime + event.stars,
        active_at=event.earned_at,
        tier_until=event.tier_until,
        purchases=member.purchases.with_(event.purchase, event.amount.micros),
    )


def _redeemed(member: Member, event: StarsRedeemed) -> Member:
    until = months_later(event.redeemed_at, UNDOABLE_MONTHS)
    moved = _moved(_tidied(member, event.redeemed_at), event.taken, sign=-1, undoable_until=until)
    redemption = Redemption(
        stars=event.stars,
        taken=event.taken,
        redeemed_at=event.redeemed_at,
        cancellable_until=until,
    )
    return replace(
        moved,
        redemptions={**moved.redemptions, event.redemption: redemption},
        redeemed=moved.redeemed.with_(event.redemption, event.stars),
        active_at=event.redeemed_at,
    )


def _cancelled(member: Member, event: RedemptionCancelled) -> Member:
    lots = member.lots
    for portion in event.withheld:
        if lot := lots.get(portion.lot):
            paid = replace(lot, owed=max(0, lot.owed - portion.stars))
            lots = lots.with_(portion.lot, paid)
    redemptions = member.redemptions
    if redemption := redemptions.get(event.redemption):
        redemptions = {**redemptions, event.redemption: replace(redemption, cancelled=True)}
    member = replace(member, lots=lots, redemptions=redemptions)
    return _moved(member, event.returned, sign=1)


def _refunded(member: Member, event: PurchaseRefunded) -> Member:
    lot = member.lots.get(event.lot)
    if lot is None:
        return member
    taken = min(lot.left, event.taken)
    undone = replace(
        lot,
        paid=event.kept,
        stars=max(0, lot.stars - event.undone),
        left=lot.left - taken,
        owed=lot.owed + event.shortfall,
    )
    return replace(
        member,
        lots=member.lots.with_(event.lot, undone),
        balance=member.balance - taken,
        lifetime=max(0, member.lifetime - event.undone),
        tier_until=event.tier_until,
    )


def _moved(
    member: Member,
    portions: Iterable[Portion],
    *,
    sign: int,
    undoable_until: dt.datetime | None = None,
) -> Member:
    """Put stars into lots or take them out; the balance moves by exactly as much."""
    lots, balance = member.lots, member.balance
    for portion in portions:
        if (lot := lots.get(portion.lot)) is None:
            continue
        change = max(sign * portion.stars, -lot.left)
        until = max(lot.undoable_until, undoable_until or lot.undoable_until)
        lots = lots.with_(portion.lot, replace(lot, left=lot.left + change, undoable_until=until))
        balance += change
    return replace(member, lots=lots, balance=balance)


def _tidied(member: Member, at: dt.datetime) -> Member:
    """Let go of what can no longer be undone, from the oldest on: old redemptions, spent lots."""
    redemptions = _undoable(member.redemptions, at)
    return replace(member, redemptions=redemptions, lots=member.lots.tidied(at))


def _undoable(redemptions: dict[str, Redemption], at: dt.datetime) -> dict[str, Redemption]:
    over = set(takewhile(lambda name: redemptions[name].cancellable_until <= at, redemptions))
    if not over:
        return redemptions
    return {name: made for name, made in redemptions.items() if name not in over}
