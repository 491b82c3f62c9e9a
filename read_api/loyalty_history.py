"""An event of a member as people read it: what happened, and how many stars that changed."""

from datetime import datetime
from typing import Any

import msgspec

from domain.envelope import Recorded
from domain.loyalty import MemberEvent, Tier
from domain.loyalty.events import (
    EnrolmentConfirmed,
    MemberEnrolled,
    MemberRewarded,
    Portion,
    PurchaseRefunded,
    RedemptionCancelled,
    StarsEarned,
    StarsExpired,
    StarsRedeemed,
    TierChanged,
)
from domain.loyalty.programme import MILLIONTHS
from domain.money import Money
from migrations.events import EventDecoder

EVENTS: EventDecoder[MemberEvent] = EventDecoder(MemberEvent)


class LoyaltyHappening(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a member's history; `change` is what it did to the balance.

    `lots` are the lots that changed. A refund's `undone` stars are off the lifetime stars too;
    `shortfall` of them had been spent or had run out before. Of a cancelled redemption that
    many are `withheld` which its lots owe for refunded purchases.
    """

    version: int
    kind: str
    at: datetime
    actor: str
    change: int = 0
    lots: tuple[Portion, ...] = ()
    purchase: str | None = None
    amount: Money | None = None
    multiplier: float | None = None
    redemption: str | None = None
    undone: int | None = None
    shortfall: int | None = None
    withheld: int | None = None
    tier: Tier | None = None
    tier_before: Tier | None = None
    reason: str | None = None
    decision: str | None = None
    signal: float | None = None


def happening(recorded: Recorded) -> LoyaltyHappening:
    """Return the line of an event."""
    event: MemberEvent = EVENTS.decode(recorded.data)
    kind = recorded.kind.split(".")[1]
    line = LoyaltyHappening(
        version=recorded.version, kind=kind, at=recorded.recorded_at, actor=recorded.actor
    )
    return msgspec.structs.replace(line, **_told(event))


def _told(  # noqa: PLR0911 - one case per event: splitting would hide one
    event: MemberEvent,
) -> dict[str, Any]:
    """Return what a line says beyond what every line does."""
    match event:
        case MemberEnrolled() | EnrolmentConfirmed():
            return {}
        case StarsEarned(stars=stars):
            return {
                "change": stars,
                "lots": (Portion(event.lot, stars),),
                "purchase": event.purchase,
                "amount": event.amount,
                "multiplier": event.millionths / MILLIONTHS,
            }
        case StarsRedeemed(stars=stars, taken=taken):
            return {"change": -stars, "lots": taken, "redemption": event.redemption}
        case RedemptionCancelled(returned=returned):
            return {
                "change": _sum(returned),
                "lots": returned,
                "redemption": event.redemption,
                "withheld": _sum(event.withheld),
            }
        case PurchaseRefunded():
            return _refunded(event)
        case StarsExpired(stars=stars, lots=lots):
            return {"change": -stars, "lots": lots}
        case MemberRewarded(decision=decision, signal=signal):
            return {"decision": decision, "signal": signal, "reason": event.reason}
        case TierChanged(was=was, now=now, reason=reason):
            return {"tier_before": was, "tier": now, "reason": reason}


def _refunded(event: PurchaseRefunded) -> dict[str, Any]:
    return {
        "change": -event.taken,
        "lots": (Portion(event.lot, event.taken),),
        "purchase": event.purchase,
        "amount": event.kept,
        "undone": event.undone,
        "shortfall": event.shortfall,
    }


def _sum(portions: tuple[Portion, ...]) -> int:
    return sum(portion.stars for portion in portions)
