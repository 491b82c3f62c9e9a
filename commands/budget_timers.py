"""Process manager: reservations expire when their time is over, and pace is judged every hour."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog

from commands.agenda import Agenda, Dropped, Due
from commands.budget_pacing import JudgePacing, judge_pacing
from commands.budget_reservations import ExpireReservation, expire_reservation
from commands.desk import Desk
from commands.ports import Happenings, Overtaken
from commands.transact import Asking
from domain.budget.events import (
    BudgetReserved,
    ReservationCommitted,
    ReservationExpired,
    ReservationReleased,
)
from domain.campaign.events import (
    CampaignArchived,
    CampaignCompleted,
    CampaignPaused,
    CampaignResumed,
    CampaignWentLive,
)
from domain.envelope import Recorded
from domain.identity import CampaignId
from migrations.events import EventDecoder, kinds_of

PROCESS = "budget_timers"
EXPIRY, PACE = "expiry", "pace"
EVERY = timedelta(hours=1)

Told = (
    BudgetReserved
    | ReservationCommitted
    | ReservationReleased
    | ReservationExpired
    | CampaignWentLive
    | CampaignResumed
    | CampaignPaused
    | CampaignCompleted
    | CampaignArchived
)
TOLD: EventDecoder[Told] = EventDecoder(Told)
TOLD_KINDS = kinds_of(Told)

log = structlog.get_logger(__name__)


def budget_timers(desk: Desk, happenings: Happenings) -> Agenda:
    """Return the agenda of expiries and hourly judgements."""
    return Agenda(desk, happenings, heed=heed, act=BudgetTimers(desk).act)


def heed(recorded: Recorded) -> Iterable[Due | Dropped]:
    """Say what an event puts on the agenda, or takes off it."""
    if recorded.kind not in TOLD_KINDS:
        return
    tenant = recorded.tenant
    event: Told = TOLD.decode(recorded.data)
    match event:
        case BudgetReserved(reservation=reservation, expires_at=at):
            name = f"{EXPIRY}/{event.campaign}/{reservation}"
            yield Due(tenant, name, at, recorded.event_id)
        case ReservationCommitted() | ReservationReleased() | ReservationExpired():
            yield Dropped(tenant, f"{EXPIRY}/{event.campaign}/{event.reservation}")
        case CampaignWentLive(went_live_at=at):
            yield _judgement(recorded, event.campaign, at)
        case CampaignResumed(resumed_at=at):
            if event.stage == "live":
                yield _judgement(recorded, event.campaign, at)
        case CampaignPaused() | CampaignCompleted() | CampaignArchived():
            yield Dropped(tenant, f"{PACE}/{event.campaign}")


class BudgetTimers:
    """Does what is due; each matter's command has the same id however often it is tried."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def act(self, due: Due) -> bool | Due:
        """Expire the reservation, or judge the pace and come again in an hour."""
        matter, _, rest = due.name.partition("/")
        try:
            if matter == PACE:
                return await self._judge(due, CampaignId(rest))
            campaign, _, reservation = rest.rpartition("/")
            command = ExpireReservation(campaign=CampaignId(campaign), reservation=reservation)
            await expire_reservation(command, asking=_asking(due, ""), desk=self._desk)
        except Overtaken:
            return False
        return True

    async def _judge(self, due: Due, campaign: CampaignId) -> Due:
        now = self._desk.clock.now()
        hour = now.replace(minute=0, second=0, microsecond=0)
        asking = _asking(due, hour.isoformat())
        await judge_pacing(JudgePacing(campaign=campaign), asking=asking, desk=self._desk)
        return due._replace(at=max(hour, due.at) + EVERY)


def _judgement(recorded: Recorded, campaign: CampaignId, at: datetime) -> Due:
    """Return the first full hour after the campaign began to run."""
    hour = at.replace(minute=0, second=0, microsecond=0) + EVERY
    return Due(recorded.tenant, f"{PACE}/{campaign}", hour, recorded.event_id)


def _asking(due: Due, occasion: str) -> Asking:
    source = f"{due.tenant}/{due.name}/{due.caused_by}/{occasion}"
    return Asking.of_process(PROCESS, source, tenant=due.tenant, causation_id=due.caused_by)
