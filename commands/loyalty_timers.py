"""Process manager: stars run out after 180 days of inactivity, and tiers fall with time."""

from collections.abc import Iterable
from datetime import datetime

import structlog

from commands.agenda import Agenda, Dropped, Due
from commands.desk import Desk
from commands.loyalty import SettleMember, settle_member
from commands.ports import Happenings, Overtaken
from commands.transact import Asking
from domain.envelope import Recorded
from domain.identity import TenantId
from domain.loyalty.events import (
    PurchaseRefunded,
    StarsEarned,
    StarsExpired,
    StarsRedeemed,
    TierChanged,
)
from domain.loyalty.standing import INACTIVITY
from domain.refusal import Refusal
from migrations.events import EventDecoder, kinds_of

PROCESS = "loyalty"
EXPIRY, TIER = "expiry", "tier"

Told = StarsEarned | StarsRedeemed | StarsExpired | PurchaseRefunded | TierChanged
TOLD: EventDecoder[Told] = EventDecoder(Told)
TOLD_KINDS = kinds_of(Told)

log = structlog.get_logger(__name__)


class LoyaltyTimers:
    """Safe to stop anywhere and to run twice: what is settled leaves nothing to settle."""

    def __init__(self, desk: Desk, happenings: Happenings) -> None:
        self._desk = desk
        self._agenda = Agenda(desk, happenings, heed=heed, act=self._act)

    async def step(self, *, wait_s: float = 0.0) -> int:
        """Read on, then settle what is due; return how many matters were closed."""
        return await self._agenda.step(wait_s=wait_s)

    async def _act(self, due: Due) -> bool:
        asking = Asking.of_process(
            PROCESS,
            f"{due.name}/{due.caused_by}",
            tenant=due.tenant,
            causation_id=due.caused_by,
        )
        command = SettleMember(ref=due.note, due=due.at)
        try:
            await settle_member(command, asking=asking, desk=self._desk)
        except Overtaken:
            return False
        except Refusal as refusal:
            log.warning("settling_refused", tenant=due.tenant, what=due.name, code=refusal.code)
        return True


def heed(recorded: Recorded) -> Iterable[Due | Dropped]:
    """Tell what an event of a member puts on the agenda, or takes off it."""
    if recorded.kind not in TOLD_KINDS:
        return
    event: Told = TOLD.decode(recorded.data)
    match event:
        case StarsEarned():
            yield _due(recorded, EXPIRY, event.earned_at + INACTIVITY)
            yield _tier(recorded, event.tier_until)
        case StarsRedeemed():
            yield _due(recorded, EXPIRY, event.redeemed_at + INACTIVITY)
        case StarsExpired():
            yield Dropped(recorded.tenant, _name(recorded, EXPIRY))
        case PurchaseRefunded() | TierChanged():
            yield _tier(recorded, event.tier_until)


def _tier(recorded: Recorded, until: datetime | None) -> Due | Dropped:
    if until is None:
        return Dropped(TenantId(recorded.tenant), _name(recorded, TIER))
    return _due(recorded, TIER, until)


def _due(recorded: Recorded, what: str, at: datetime) -> Due:
    return Due(
        tenant=recorded.tenant,
        name=_name(recorded, what),
        at=at,
        caused_by=recorded.event_id,
        note=_ref(recorded),
    )


def _name(recorded: Recorded, what: str) -> str:
    return f"{what}/{_ref(recorded)}"


def _ref(recorded: Recorded) -> str:
    return recorded.stream.partition("-")[2]
