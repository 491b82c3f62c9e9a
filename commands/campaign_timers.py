"""Process manager: campaigns go live when they were scheduled to, and end when they were to end.

It acts on what people decided, in the role in which that was recorded: the permission to
launch was asked for when the campaign was scheduled, and the end was part of what was approved.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import structlog
from msgspec.structs import replace

from commands.agenda import Agenda, Dropped, Due
from commands.campaign import Action, EndCampaign, MoveCampaign, end_campaign, move_campaign
from commands.desk import Desk
from commands.ports import Happenings, Overtaken
from commands.transact import Asking
from domain.campaign.events import (
    ApprovalVoided,
    CampaignCompleted,
    CampaignDrafted,
    CampaignEdited,
    CampaignPaused,
    CampaignResumed,
    CampaignScheduled,
    CampaignWentLive,
)
from domain.campaign.refusals import CampaignNotOver
from domain.envelope import Recorded
from domain.identity import CampaignId, TenantId
from domain.refusal import Refusal
from domain.tenant.permissions import Permission
from migrations.events import EventDecoder, kinds_of

LAUNCH, END = "launch", "end"  # the two matters, and the processes whose commands they become
TIMER = "timer"  # the role in which a campaign ends by itself

Told = (
    CampaignDrafted
    | CampaignEdited
    | ApprovalVoided
    | CampaignScheduled
    | CampaignWentLive
    | CampaignPaused
    | CampaignResumed
    | CampaignCompleted
)
TOLD: EventDecoder[Told] = EventDecoder(Told)
TOLD_KINDS = kinds_of(Told)

log = structlog.get_logger(__name__)


class Launch(NamedTuple):
    """When a campaign goes live, in whose role that was decided, and by which event."""

    at: datetime
    role: str
    caused_by: str


class Flight(NamedTuple):
    """What is known of a campaign that may still run: its end, and its launch while it waits."""

    ends_at: datetime | None
    told_by: str
    launch: Launch | None = None


class CampaignTimers:
    """Says what comes due of each campaign, and does it; told the log from its beginning."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._flights: dict[tuple[TenantId, CampaignId], Flight] = {}

    def heed(  # noqa: PLR0911 - one case per event: splitting would hide one
        self, recorded: Recorded
    ) -> Iterable[Due | Dropped]:
        """Return what an event puts on the agenda or takes off it."""
        if recorded.kind not in TOLD_KINDS:
            return ()
        event = TOLD.decode(recorded.data)
        tenant, id_ = recorded.tenant, event.campaign
        flight = self._flights.get((tenant, id_))
        match event:
            case CampaignDrafted(brief=brief) | CampaignEdited(brief=brief):
                self._flights[tenant, id_] = Flight(brief.ends_at, recorded.event_id)
                return ()
            case CampaignCompleted():
                self._flights.pop((tenant, id_), None)
                return _dropped(tenant, id_, LAUNCH, END)
            case ApprovalVoided():
                return _dropped(tenant, id_, LAUNCH, END)
            case CampaignPaused():
                return _dropped(tenant, id_, LAUNCH)
            case CampaignScheduled(go_live_at=at, role=role) if flight is not None:
                launch = Launch(at, role, recorded.event_id)
                flight = self._flights[tenant, id_] = flight._replace(launch=launch)
                return [*_launch(tenant, id_, flight), *_end(tenant, id_, flight)]
            case CampaignResumed(stage="scheduled") if flight is not None:
                return _launch(tenant, id_, flight)
            case CampaignWentLive() if flight is not None:
                return [*_dropped(tenant, id_, LAUNCH), *_end(tenant, id_, flight)]
            case _:
                return ()

    async def act(self, due: Due) -> bool:
        """Launch or end a campaign; False when someone else wrote first, or the clock went back."""
        matter, _, id_ = due.name.partition("/")
        asked = Asking.of_process(
            matter,
            due.caused_by,
            tenant=due.tenant,
            roles=(due.note,),
            causation_id=due.caused_by,
        )
        asking = replace(asked, permissions=frozenset({Permission.CAMPAIGN_OPERATE}))
        try:
            await self._take(matter, CampaignId(id_), asking)
        except (Overtaken, CampaignNotOver):
            return False
        except Refusal as refusal:
            log.warning("timer_refused", tenant=due.tenant, matter=due.name, code=refusal.code)
        return True

    async def _take(self, matter: str, campaign: CampaignId, asking: Asking) -> None:
        if matter == END:
            end = EndCampaign(campaign=campaign, comment="Its end has come.")
            await end_campaign(end, asking=asking, desk=self._desk)
        else:
            move = MoveCampaign(campaign=campaign, action=Action.GO_LIVE, comment="As scheduled.")
            await move_campaign(move, asking=asking, desk=self._desk)


def campaign_timers(desk: Desk, happenings: Happenings) -> Agenda:
    """Return the agenda of all campaigns' launches and ends."""
    timers = CampaignTimers(desk)
    return Agenda(desk, happenings, heed=timers.heed, act=timers.act)


def _launch(tenant: TenantId, campaign: CampaignId, flight: Flight) -> list[Due]:
    if flight.launch is None:
        return []
    at, role, caused_by = flight.launch
    return [Due(tenant, f"{LAUNCH}/{campaign}", at, caused_by, role)]


def _end(tenant: TenantId, campaign: CampaignId, flight: Flight) -> list[Due]:
    if flight.ends_at is None:
        return []
    return [Due(tenant, f"{END}/{campaign}", flight.ends_at, flight.told_by, TIMER)]


def _dropped(tenant: TenantId, campaign: CampaignId, *matters: str) -> list[Dropped]:
    return [Dropped(tenant, f"{matter}/{campaign}") for matter in matters]
