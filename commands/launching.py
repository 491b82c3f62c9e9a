"""Process manager: a scheduled campaign goes live when its time comes.

What is due is an index over the log, rebuilt by reading it: no timer is kept anywhere.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
import structlog

from commands.campaign import Action, MoveCampaign, move_campaign
from commands.desk import Desk
from commands.ports import Happenings, Overtaken
from commands.transact import Asking
from domain.campaign.events import (
    ApprovalVoided,
    CampaignCompleted,
    CampaignPaused,
    CampaignResumed,
    CampaignScheduled,
    CampaignWentLive,
)
from domain.envelope import Recorded
from domain.identity import CampaignId, TenantId
from domain.refusal import Refusal

PROCESS = "launch"
BATCH_MAX = 5_000

Told = (
    CampaignScheduled
    | CampaignPaused
    | CampaignResumed
    | CampaignWentLive
    | CampaignCompleted
    | ApprovalVoided
)
TOLD = msgspec.json.Decoder(Told)
TOLD_KINDS = frozenset(
    str(event.__struct_config__.tag)
    for event in (
        CampaignScheduled,
        CampaignPaused,
        CampaignResumed,
        CampaignWentLive,
        CampaignCompleted,
        ApprovalVoided,
    )
)

log = structlog.get_logger(__name__)


class Launch(NamedTuple):
    """When a campaign goes live, and in whose role that was decided."""

    at: datetime
    role: str
    caused_by: str
    held: bool = False  # while it is paused


class Launching:
    """Safe to stop anywhere and to run twice: a campaign that is live stays as it is."""

    def __init__(self, desk: Desk, happenings: Happenings) -> None:
        self._desk = desk
        self._happenings = happenings
        self._position = 0
        self._launches: dict[tuple[TenantId, CampaignId], Launch] = {}

    async def step(self, *, wait_s: float = 0.0) -> int:
        """Read on, then launch what is due; return how many campaigns were launched.

        Nothing is launched before the end of the log was reached: what looks due
        there may long have gone live.
        """
        batch = await self._happenings.after(self._position, limit=BATCH_MAX, wait_s=wait_s)
        self._heed(batch)
        if len(batch) == BATCH_MAX:
            return 0
        now = self._desk.clock.now()
        due = [name for name, launch in self._launches.items() if _is_due(launch, now)]
        for name in due:
            await self._launch(*name)
        return len(due)

    def _heed(self, batch: Sequence[Recorded]) -> None:
        for recorded in batch:
            if recorded.kind in TOLD_KINDS:
                event = TOLD.decode(recorded.data)
                name = (recorded.tenant, event.campaign)
                launch = _after(self._launches.pop(name, None), event, recorded.event_id)
                if launch is not None:
                    self._launches[name] = launch
            self._position = recorded.position

    async def _launch(self, tenant: TenantId, campaign: CampaignId) -> None:
        launch = self._launches[tenant, campaign]
        asking = Asking.of_process(
            PROCESS,
            launch.caused_by,
            tenant=tenant,
            roles=(launch.role,),
            causation_id=launch.caused_by,
        )
        command = MoveCampaign(campaign=campaign, action=Action.GO_LIVE, comment="As scheduled.")
        try:
            await move_campaign(command, asking=asking, desk=self._desk)
        except Overtaken:
            return  # The next step tries again, or reads why not.
        except Refusal as refusal:
            log.warning("launch_refused", tenant=tenant, campaign=campaign, code=refusal.code)
        del self._launches[tenant, campaign]


def _is_due(launch: Launch, now: datetime) -> bool:
    return not launch.held and launch.at <= now


def _after(launch: Launch | None, event: Told, event_id: str) -> Launch | None:
    """Return what is left to launch after an event of the same campaign."""
    match event:
        case CampaignScheduled():
            return Launch(at=event.go_live_at, role=event.role, caused_by=event_id)
        case CampaignPaused():
            return launch and launch._replace(held=True)
        case CampaignResumed():
            return launch and launch._replace(held=False)
        case CampaignWentLive() | CampaignCompleted() | ApprovalVoided():
            return None
