"""Process manager: billed impressions become spend, each exactly once.

First a range of the facts' sequence is claimed by an event, then the commands
that follow from that range are issued. After a stop in between, the newest range is
issued again: its commands have the same ids, and budgets count a range once.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import structlog

from commands.budget import RecordSpend, record_spend
from commands.budget_allocation import allocate_from_brief
from commands.desk import Desk
from commands.ledger import Ledger
from commands.ports import BilledSpend, BilledSum, Overtaken
from commands.transact import Asking, current, transact
from domain.budget.claims import (
    NOTHING_CLAIMED,
    Claimed,
    ClaimEvent,
    SpendParked,
    claim,
    evolve,
    park,
)
from domain.budget.decisions import BudgetUnknown, Usage
from domain.identity import CampaignId, TenantId
from domain.refusal import Refusal
from migrations.events import EventDecoder

PROCESS = "spend"
AT_ONCE_MAX = 64  # commands under way together, so that they share an fsync

CLAIMS: Ledger[Claimed, ClaimEvent] = Ledger(
    PROCESS, NOTHING_CLAIMED, evolve, EventDecoder(ClaimEvent), remembers=16
)

log = structlog.get_logger(__name__)


class Lane(NamedTuple):
    """One tenant's facts in one partition."""

    tenant: TenantId
    partition: int


class SpendRecording:
    """Runs in one process at a time for speed, and in several without harm."""

    def __init__(self, desk: Desk, billed: BilledSpend, *, partitions: int) -> None:
        self._desk = desk
        self._billed = billed
        self._partitions = partitions
        self._spent: dict[Lane, int] = {}  # the last range whose commands were all issued

    async def step(self) -> int:
        """Bring every lane up to what is ingested; return how many commands were issued.

        A lane that is overtaken goes on at the next step. Faults of the log and of
        the facts escape; the step can simply be taken again.
        """
        issued = 0
        for partition in range(self._partitions):
            for tenant, through in await self._billed.through(partition):
                try:
                    issued += await self._advance(Lane(tenant, partition), through)
                except Overtaken:
                    log.info("spend_overtaken", tenant=tenant, partition=partition)
        return issued

    async def _advance(self, lane: Lane, through: int) -> int:
        claimed = await self._claimed(lane)
        issued = await self._spend(lane, claimed)
        if through <= claimed.last:
            return issued
        await self._claim(lane, beyond=claimed.last, through=through)
        return issued + await self._spend(lane, await self._claimed(lane))

    async def _claimed(self, lane: Lane) -> Claimed:
        return (await current(self._desk, CLAIMS, lane.tenant, str(lane.partition))).state

    async def _claim(self, lane: Lane, *, beyond: int, through: int) -> None:
        at = self._desk.clock.now()
        decision = partial(claim, partition=lane.partition, beyond=beyond, through=through, at=at)
        source = f"{lane.tenant}/{lane.partition}/{beyond + 1}-{through}"
        asking = Asking.of_process(PROCESS, source, tenant=lane.tenant)
        await transact(self._desk, CLAIMS, str(lane.partition), decision, asking=asking, at=at)

    async def _spend(self, lane: Lane, claimed: Claimed) -> int:
        if claimed.last <= self._spent.get(lane, 0):
            return 0
        sums = await self._billed.between(
            lane.tenant, lane.partition, first=claimed.first, last=claimed.last
        )
        commands = _commands(lane, claimed, sums)
        for start in range(0, len(commands), AT_ONCE_MAX):
            some = commands[start : start + AT_ONCE_MAX]
            outcomes = await asyncio.gather(
                *(self._record(lane, command) for command in some), return_exceptions=True
            )
            for outcome in outcomes:
                if isinstance(outcome, BaseException):
                    raise outcome
        self._spent[lane] = claimed.last
        return len(commands)

    async def _record(self, lane: Lane, command: RecordSpend) -> None:
        range_ = f"{command.first}-{command.last}"
        source = f"{lane.tenant}/{lane.partition}/{range_}/{command.campaign}/{command.currency}"
        asking = Asking.of_process(PROCESS, source, tenant=lane.tenant)
        try:
            await self._record_or_allocate(command, asking)
        except Refusal as refusal:
            await self._park(lane, command, code=refusal.code, source=source)

    async def _park(self, lane: Lane, command: RecordSpend, *, code: str, source: str) -> None:
        """Record what no budget took, so that it is seen and the rest goes on."""
        at = self._desk.clock.now()
        parked = SpendParked(
            campaign=command.campaign,
            currency=command.currency,
            micros=sum(usage.micros for usage in command.usages),
            impressions=sum(usage.impressions for usage in command.usages),
            partition=lane.partition,
            first=command.first,
            last=command.last,
            code=code,
            parked_at=at,
        )
        log.warning("spend_parked", tenant=lane.tenant, code=code, campaign=command.campaign)
        asking = Asking.of_process(PROCESS, f"park/{source}", tenant=lane.tenant)
        decision = partial(park, parked=parked)
        await transact(self._desk, CLAIMS, str(lane.partition), decision, asking=asking, at=at)

    async def _record_or_allocate(self, command: RecordSpend, asking: Asking) -> None:
        try:
            await record_spend(command, asking=asking, desk=self._desk)
        except BudgetUnknown:
            # The first bill may come before the allocation was read from the log.
            if not await allocate_from_brief(self._desk, asking.tenant, command.campaign):
                raise
            await record_spend(command, asking=asking, desk=self._desk)


def _commands(lane: Lane, claimed: Claimed, sums: Sequence[BilledSum]) -> list[RecordSpend]:
    """Return one command for each campaign and currency, with all its quarter hours."""
    usages: dict[tuple[CampaignId, str], list[Usage]] = defaultdict(list)
    for billed in sums:
        usage = Usage(at=billed.at, micros=billed.micros, impressions=billed.impressions)
        usages[billed.campaign, billed.currency].append(usage)
    return [
        RecordSpend(
            campaign=campaign,
            currency=currency,
            usages=tuple(sorted(quarters)),
            partition=lane.partition,
            first=claimed.first,
            last=claimed.last,
        )
        for (campaign, currency), quarters in sorted(usages.items())
    ]
