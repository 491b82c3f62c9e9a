"""Process manager: whatever budget a brief names is allocated."""

from collections.abc import Sequence
from functools import partial

import structlog

from commands.budget import allocate_budget
from commands.budget_terms import allocation_of
from commands.campaign import CAMPAIGNS
from commands.causes import because_of
from commands.desk import Desk
from commands.ledger import Ledger
from commands.ports import Happenings, Overtaken
from commands.transact import Asking, current, transact
from domain.budget.allocation import (
    AllocationCheckpointed,
    AllocationParked,
    checkpoint,
    evolve,
    newest_parked,
    park,
)
from domain.campaign.brief import Brief
from domain.campaign.events import CampaignDrafted, CampaignEdited
from domain.campaign.state import Unwritten
from domain.envelope import Recorded
from domain.identity import CampaignId, TenantId
from domain.refusal import Refusal
from migrations.events import EventDecoder, kinds_of

PROCESS = "allocation"
OURS = TenantId("system")  # the tenant under which process managers keep their own notes
BATCH_MAX = 1_000
CHECKPOINT_EVERY = 1_000  # events; a restart reads at most so many again, which changes nothing

CHECKPOINTS: Ledger[int, AllocationCheckpointed] = Ledger(
    PROCESS, 0, evolve, EventDecoder(AllocationCheckpointed), remembers=16
)
PARKED: Ledger[int, AllocationParked] = Ledger(
    PROCESS, 0, newest_parked, EventDecoder(AllocationParked), remembers=16
)
Briefs = CampaignDrafted | CampaignEdited
BRIEFS: EventDecoder[Briefs] = EventDecoder(Briefs)
BRIEF_KINDS = kinds_of(Briefs)

log = structlog.get_logger(__name__)


class BudgetAllocation:
    """Reads the log in order and allocates; safe to stop anywhere and to run twice."""

    def __init__(self, desk: Desk, happenings: Happenings) -> None:
        self._desk = desk
        self._happenings = happenings
        self._position: int | None = None

    async def step(self, *, wait_s: float = 0.0) -> int:
        """Take up to `BATCH_MAX` events, waiting up to `wait_s` for one; return how many.

        When the log is unreachable the fault escapes and the same events are taken again.
        """
        if self._position is None:
            self._position = (await current(self._desk, CHECKPOINTS, OURS, "budgets")).state
        batch = await self._happenings.after(self._position, limit=BATCH_MAX, wait_s=wait_s)
        if not batch:
            return 0
        try:
            for recorded in _newest_briefs(batch):
                await self._allocate(recorded)
            await self._checkpoint(batch[-1].position)
        except Overtaken as overtaken:
            log.info("allocation_overtaken", stream=str(overtaken))
            return 0
        self._position = batch[-1].position
        return len(batch)

    async def _allocate(self, recorded: Recorded) -> None:
        event = BRIEFS.decode(recorded.data)
        asking = Asking.of_process(
            PROCESS,
            recorded.event_id,
            tenant=recorded.tenant,
            correlation_id=recorded.correlation_id,
            causation_id=recorded.event_id,
        )
        with because_of(recorded.event_id):
            await _allocate_or_park(
                event.brief,
                event.campaign,
                version=recorded.version,
                asking=asking,
                desk=self._desk,
            )

    async def _checkpoint(self, position: int) -> None:
        at = self._desk.clock.now()
        decision = partial(checkpoint, position=position, every=CHECKPOINT_EVERY, at=at)
        asking = Asking.of_process(PROCESS, f"checkpoint/{position}", tenant=OURS)
        await transact(self._desk, CHECKPOINTS, "budgets", decision, asking=asking, at=at)


async def allocate_from_brief(desk: Desk, tenant: TenantId, campaign: CampaignId) -> bool:
    """Allocate what the campaign's brief says now, ahead of the log; False without a campaign."""
    folded = await current(desk, CAMPAIGNS, tenant, campaign)
    state = folded.state
    if isinstance(state, Unwritten):
        return False
    asking = Asking.of_process(PROCESS, f"{tenant}/{campaign}/{folded.version}", tenant=tenant)
    return await _allocate_or_park(
        state.plan.brief, campaign, version=folded.version, asking=asking, desk=desk
    )


async def _allocate_or_park(
    brief: Brief, campaign: CampaignId, *, version: int, asking: Asking, desk: Desk
) -> bool:
    try:
        command = await allocation_of(
            brief, tenant=asking.tenant, campaign=campaign, version=version, desk=desk
        )
        await allocate_budget(command, asking=asking, desk=desk)
    except Refusal as refusal:
        log.warning(
            "allocation_refused",
            tenant=asking.tenant,
            campaign=campaign,
            code=refusal.code,
            details=refusal.details,
        )
        await _park(campaign, version, code=refusal.code, tenant=asking.tenant, desk=desk)
        return False
    return True


async def _park(
    campaign: CampaignId, version: int, *, code: str, tenant: TenantId, desk: Desk
) -> None:
    """Record that this brief got no budget, so that somebody is told."""
    at = desk.clock.now()
    parked = AllocationParked(campaign=campaign, campaign_version=version, code=code, parked_at=at)
    source = f"park/{tenant}/{campaign}/{version}"
    asking = Asking.of_process(PROCESS, source, tenant=tenant)
    decision = partial(park, parked=parked)
    await transact(desk, PARKED, campaign, decision, asking=asking, at=at)


def _newest_briefs(batch: Sequence[Recorded]) -> list[Recorded]:
    """Return only the last brief of each campaign: the ones before it are already history."""
    newest: dict[tuple[TenantId, str], Recorded] = {}
    for recorded in batch:
        if recorded.kind in BRIEF_KINDS:
            newest[recorded.tenant, recorded.stream] = recorded
    return list(newest.values())
