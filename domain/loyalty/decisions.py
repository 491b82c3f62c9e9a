"""What may be done with a member's stars, and what follows for their tier (BRD FR-LOY).

Whatever fell due before a decision is decided first, as if a timer had never been late.
"""

import datetime as dt
from functools import reduce

from domain.loyalty.calendar import months_later
from domain.loyalty.events import (
    EnrolmentConfirmed,
    MemberEnrolled,
    MemberEvent,
    PurchaseRefunded,
    RedemptionCancelled,
    StarsEarned,
    StarsRedeemed,
)
from domain.loyalty.programme import Award, base_stars, multiplied
from domain.loyalty.refusals import (
    EnrolmentUnconfirmed,
    NotEnoughStars,
    NothingPaid,
    PurchaseCurrencyWrong,
    PurchaseDiffers,
    PurchaseTooOld,
    PurchaseUnknown,
    RedemptionDiffers,
    RedemptionTooOld,
    RedemptionUnknown,
    RefundGrows,
)
from domain.loyalty.settling import (
    expiry,
    fallen_due,
    following,
    lot_of,
    member_of,
    oldest,
    parted,
    with_tier,
)
from domain.loyalty.state import LoyaltyMember, Stranger, evolve
from domain.loyalty.tiers import QUALIFYING_MONTHS
from domain.money import Money


def enrol(
    member: LoyaltyMember, *, ref: str, confirmed: bool, at: dt.datetime
) -> list[MemberEvent]:
    """Let someone collect stars; doing so again may still confirm."""
    news: list[MemberEvent] = []
    if isinstance(member, Stranger):
        news.append(MemberEnrolled(member=ref, enrolled_at=at))
    if not confirmed:
        return news
    return [*news, *confirm(reduce(evolve, news, member), at=at)]


def confirm(member: LoyaltyMember, *, at: dt.datetime) -> list[MemberEvent]:
    """Confirm the enrolment: from here on there is a tier."""
    known = member_of(member)
    if known.confirmed_at is not None:
        return []
    return with_tier(
        known, [EnrolmentConfirmed(member=known.ref, confirmed_at=at)], "confirmed", at=at
    )


def earn(
    member: LoyaltyMember, *, purchase: str, amount: Money, award: Award, at: dt.datetime
) -> list[MemberEvent]:
    """Turn a purchase into a lot of stars, once, and look at the tier anew (FR-LOY-006)."""
    known = member_of(member)
    paid = known.purchases.get(purchase)
    if paid is not None:
        if paid != amount.micros:
            raise PurchaseDiffers(purchase=purchase)
        return []
    if not award.stars:
        raise NothingPaid(purchase=purchase)
    before = fallen_due(known, at=at)
    known = following(known, before)
    earned = StarsEarned(
        member=known.ref,
        lot=known.lots_made + 1,
        purchase=purchase,
        amount=amount,
        base=award.base,
        bonuses=award.bonuses,
        millionths=award.millionths,
        stars=award.stars,
        qualifies_until=months_later(at, QUALIFYING_MONTHS),
        earned_at=at,
    )
    return [*before, *with_tier(known, [earned], "earned", at=at)]


def redeem(
    member: LoyaltyMember, *, redemption: str, stars: int, at: dt.datetime
) -> list[MemberEvent]:
    """Spend stars, the oldest first."""
    known = member_of(member)
    spent = known.redeemed.get(redemption)
    if spent is not None:
        if spent != stars:
            raise RedemptionDiffers(redemption=redemption)
        return []
    if known.confirmed_at is None:
        raise EnrolmentUnconfirmed
    before = fallen_due(known, at=at)
    known = following(known, before)
    if known.balance < stars:
        raise NotEnoughStars(balance=str(known.balance), wanted=str(stars))
    redeemed = StarsRedeemed(
        member=known.ref,
        redemption=redemption,
        stars=stars,
        taken=oldest(known, stars),
        redeemed_at=at,
    )
    return [*before, redeemed]


def cancel_redemption(
    member: LoyaltyMember, *, redemption: str, at: dt.datetime
) -> list[MemberEvent]:
    """Put stars back where they came from; there they may run out at once."""
    known = member_of(member)
    made = known.redemptions.get(redemption)
    if made is None:
        if known.redeemed.get(redemption) is None:
            raise RedemptionUnknown(redemption=redemption)
        raise RedemptionTooOld(redemption=redemption)
    if made.cancelled:
        return []
    if made.cancellable_until <= at:
        raise RedemptionTooOld(redemption=redemption)
    before = fallen_due(known, at=at)
    known = following(known, before)
    returned, withheld = parted(known, made.taken)
    cancelled = RedemptionCancelled(
        member=known.ref,
        redemption=redemption,
        returned=returned,
        withheld=withheld,
        cancelled_at=at,
    )
    return [*before, cancelled, *expiry(following(known, [cancelled]), at=at)]


def refund(
    member: LoyaltyMember, *, purchase: str, kept: Money | None = None, at: dt.datetime
) -> list[MemberEvent]:
    """Undo a purchase down to what is `kept` of it, nothing by default: its stars are fewer now.

    What is no longer in the purchase's own lot is not taken from others: the lot owes it.
    """
    known = member_of(member)
    if known.purchases.get(purchase) is None:
        raise PurchaseUnknown(purchase=purchase)
    number, lot = lot_of(known, purchase)
    kept = kept or Money(micros=0, currency=lot.paid.currency)
    if kept.currency != lot.paid.currency:
        raise PurchaseCurrencyWrong(currency=lot.paid.currency)
    if kept.micros == lot.paid.micros:
        return []
    if kept.micros > lot.paid.micros:
        raise RefundGrows(purchase=purchase)
    if lot.qualifies_until <= at:
        raise PurchaseTooOld(purchase=purchase)
    before = fallen_due(known, at=at)
    known = following(known, before)
    _, lot = lot_of(known, purchase)
    undone = lot.stars - min(lot.stars, multiplied(base_stars(kept), lot.millionths))
    taken = min(undone, lot.left)
    refunded = PurchaseRefunded(
        member=known.ref,
        purchase=purchase,
        lot=number,
        kept=kept,
        undone=undone,
        taken=taken,
        shortfall=undone - taken,
        refunded_at=at,
    )
    return [*before, *with_tier(known, [refunded], "refunded", at=at)]
