"""A tenant's loyalty programme: what a purchase earns, and what a tier is worth in a bid.

Multipliers are whole percents, so that stars are counted in whole numbers alone.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

import msgspec

from domain.event import Event
from domain.identity import PersonId
from domain.loyalty.refusals import PurchaseCurrencyWrong
from domain.loyalty.tiers import Tier
from domain.money import MICROS_PER_UNIT, Money
from domain.refusal import FieldError, Reason, Refusal

PERCENT = 100
MILLIONTHS = PERCENT**3  # what up to three percents multiply to, without a fraction

Channel = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9_.-]{0,31}$")]
Percent = Annotated[int, msgspec.Meta(ge=1, le=10_000, description="100 is one times")]
Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]
Bonus = Literal["channel", "referral", "digital"]


class ProgrammeInvalid(Refusal, reason=Reason.MALFORMED):
    """A loyalty programme's multipliers and times must fit each other."""


class ChannelMultiplier(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename={"opens": "from", "closes": "until"},
):
    """What a channel multiplies by, from a moment (included) until another (not included)."""

    channel: Channel
    percent: Percent
    opens: Moment | None = None
    closes: Moment | None = None

    def holds(self, channel: str, at: dt.datetime) -> bool:
        """Tell whether this multiplier is for the channel and its gate is open."""
        begun = self.opens is None or self.opens <= at
        return self.channel == channel and begun and (self.closes is None or at < self.closes)


class TierPercents(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One percent for each tier."""

    basic: Percent = 100
    silver: Percent = 105
    gold: Percent = 115
    reserve: Percent = 130

    def of(self, tier: Tier) -> int:
        """Return the percent of a tier."""
        match tier:
            case Tier.BASIC:
                return self.basic
            case Tier.SILVER:
                return self.silver
            case Tier.GOLD:
                return self.gold
            case Tier.RESERVE:
                return self.reserve


class Programme(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules; what a tenant never set is as the BRD has it (FR-LOY-003 to 005).

    `stacking` says how several multipliers meet: all multiplied, or the highest alone;
    `cap_percent` bounds the result.
    """

    channels: Annotated[tuple[ChannelMultiplier, ...], msgspec.Meta(max_length=200)] = ()
    referral_percent: Percent = 200
    digital_percent: Percent = 120
    stacking: Literal["multiply", "highest"] = "multiply"
    cap_percent: Annotated[int, msgspec.Meta(ge=PERCENT, le=10_000)] = 1_000
    bid_percents: TierPercents = TierPercents()


class ProgrammeSet(Event, frozen=True, kw_only=True, tag="programme.set.v1"):
    """The tenant's rules from here on; what was earned before stays as it was."""

    programme: Programme
    by: PersonId
    set_at: dt.datetime


class Purchase(NamedTuple):
    """What a member bought, and the circumstances that multiply its stars."""

    amount: Money
    channel: str | None = None
    referral: bool = False
    digital: bool = False


class Award(NamedTuple):
    """What a purchase earns: `base` stars, times `millionths`, rounded up once."""

    base: int
    bonuses: tuple[tuple[Bonus, int], ...]
    millionths: int
    stars: int


def evolve(_: Programme, event: ProgrammeSet) -> Programme:
    """Accept what happened: the newest rules replace the ones before."""
    return event.programme


def set_programme(
    programme: Programme, *, rules: Programme, by: PersonId, at: dt.datetime
) -> list[ProgrammeSet]:
    """Replace the rules."""
    if errors := list(_contradictions(rules)):
        raise ProgrammeInvalid(*errors)
    return [] if rules == programme else [ProgrammeSet(programme=rules, by=by, set_at=at)]


def base_stars(amount: Money) -> int:
    """Return one star for each unit begun: ceil(amount_cents / 100) (FR-LOY-002)."""
    return -(-amount.micros // MICROS_PER_UNIT)


def multiplied(base: int, millionths: int) -> int:
    """Return the stars of a purchase, rounded up once, as its base is."""
    return -(-base * millionths // MILLIONTHS)


def award(programme: Programme, purchase: Purchase, *, currency: str, at: dt.datetime) -> Award:
    """Return what a purchase earns at a moment; stars are counted in one `currency`."""
    if purchase.amount.currency != currency:
        raise PurchaseCurrencyWrong(currency=currency)
    bonuses = tuple(_bonuses(programme, purchase, at))
    cap = programme.cap_percent * (MILLIONTHS // PERCENT)
    millionths = min(_together(programme, [percent for _, percent in bonuses]), cap)
    base = base_stars(purchase.amount)
    return Award(base, bonuses, millionths, multiplied(base, millionths))


def _bonuses(
    programme: Programme, purchase: Purchase, at: dt.datetime
) -> Iterator[tuple[Bonus, int]]:
    open_now = [
        gate.percent
        for gate in programme.channels
        if purchase.channel is not None and gate.holds(purchase.channel, at)
    ]
    if open_now:
        yield "channel", max(open_now)
    if purchase.referral:
        yield "referral", programme.referral_percent
    if purchase.digital:
        yield "digital", programme.digital_percent


def _together(programme: Programme, percents: list[int]) -> int:
    if not percents:
        return MILLIONTHS
    if programme.stacking == "highest":
        return max(percents) * (MILLIONTHS // PERCENT)
    millionths = MILLIONTHS
    for percent in percents:
        # Each is a whole percent and there are at most three, so nothing is ever cut off here.
        millionths = millionths * percent // PERCENT
    return millionths


def _contradictions(rules: Programme) -> Iterator[FieldError]:
    for index, gate in enumerate(rules.channels):
        if gate.opens is not None and gate.closes is not None and gate.closes <= gate.opens:
            yield FieldError(f"/channels/{index}/until", "This must be after `from`.")
