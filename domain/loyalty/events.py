"""Facts about a member and their stars. `member` is the subject's ref, never a name."""

import datetime as dt
from typing import Literal

import msgspec

from domain.event import Event
from domain.loyalty.programme import Bonus
from domain.loyalty.tiers import Tier
from domain.money import Money

TierReason = Literal["confirmed", "earned", "refunded", "window", "lapsed"]


class Portion(msgspec.Struct, frozen=True):
    """Some of the stars of one lot."""

    lot: int
    stars: int


class MemberEnrolled(Event, frozen=True, kw_only=True, tag="member.enrolled.v1"):
    """Someone may collect stars; until the enrolment is confirmed their tier is Basic."""

    member: str
    enrolled_at: dt.datetime


class EnrolmentConfirmed(Event, frozen=True, kw_only=True, tag="member.confirmed.v1"):
    member: str
    confirmed_at: dt.datetime


class StarsEarned(Event, frozen=True, kw_only=True, tag="member.stars_earned.v1"):
    """A purchase became a lot; all its stars qualify for tiers until `qualifies_until`.

    `tier_until` here and below is when the tier will fall if nothing more is earned; None for a
    tier that cannot.
    """

    member: str
    lot: int
    purchase: str
    amount: Money
    base: int
    bonuses: tuple[tuple[Bonus, int], ...] = ()  # in percent, as they were at that moment
    millionths: int
    stars: int
    qualifies_until: dt.datetime
    tier_until: dt.datetime | None = None
    earned_at: dt.datetime


class StarsRedeemed(Event, frozen=True, kw_only=True, tag="member.stars_redeemed.v1"):
    """Stars were spent, and these are the lots they came from, oldest first."""

    member: str
    redemption: str
    stars: int
    taken: tuple[Portion, ...]
    redeemed_at: dt.datetime


class RedemptionCancelled(Event, frozen=True, kw_only=True, tag="member.redemption_cancelled.v1"):
    """Stars went back to the lots they came from.

    What a lot owes for a refunded purchase is `withheld` from what comes back to it.
    """

    member: str
    redemption: str
    returned: tuple[Portion, ...]
    withheld: tuple[Portion, ...] = ()
    cancelled_at: dt.datetime


class PurchaseRefunded(Event, frozen=True, kw_only=True, tag="member.purchase_refunded.v1"):
    """A purchase was undone, all but what was `kept` of it.

    `undone` stars were never earned now: `taken` of them from what was left in the lot, while the
    `shortfall` was spent or expired before, and stays owed by the lot.
    """

    member: str
    purchase: str
    lot: int
    kept: Money
    undone: int
    taken: int
    shortfall: int
    tier_until: dt.datetime | None = None
    refunded_at: dt.datetime


class StarsExpired(Event, frozen=True, kw_only=True, tag="member.stars_expired.v1"):
    """Nothing was earned or redeemed for 180 days; every lot ran out, oldest first."""

    member: str
    stars: int
    lots: tuple[Portion, ...]
    inactive_since: dt.datetime
    expired_at: dt.datetime


class TierChanged(Event, frozen=True, kw_only=True, tag="member.tier_changed.v1"):
    """`window`: qualifying stars grew older than 12 months; `lapsed`: none are left of them."""

    member: str
    was: Tier
    now: Tier
    reason: TierReason
    qualifying: int
    tier_until: dt.datetime | None = None
    changed_at: dt.datetime


class MemberRewarded(Event, frozen=True, kw_only=True, tag="member.rewarded.v1"):
    """A reward for a model's decision came from this member: their stream tells all of them."""

    member: str
    decision: str
    model_version: str
    signal: float
    reason: str
    rewarded_at: dt.datetime


MemberEvent = (
    MemberEnrolled
    | EnrolmentConfirmed
    | StarsEarned
    | StarsRedeemed
    | RedemptionCancelled
    | PurchaseRefunded
    | StarsExpired
    | TierChanged
    | MemberRewarded
)
