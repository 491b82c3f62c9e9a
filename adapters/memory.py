"""Everything in a list: for tests, demos and `just looking`."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from adapters.fitting import demand_fit
from adapters.sealing import sealed
from commands.ports import Appended, BilledSum, Overtaken
from domain.audit import Anchor
from domain.chain import Chains, Verification
from domain.envelope import GENESIS, Entry, Recorded
from domain.identity import TenantId


class MemoryEventLog:
    """An event log and its feed that last as long as the process (`EventLog`, `EventFeed`)."""

    def __init__(self) -> None:
        self._feed: list[Recorded] = []
        self._streams: dict[tuple[TenantId, str], list[Recorded]] = defaultdict(list)
        self._grown = asyncio.Condition()

    async def read(
        self, tenant: TenantId, stream: str, *, after: int = 0, upto: int | None = None
    ) -> Sequence[Recorded]:
        return self._streams.get((tenant, stream), [])[after:upto]

    async def append(
        self, tenant: TenantId, stream: str, entries: Sequence[Entry], *, after: int
    ) -> Appended:
        demand_fit(stream, entries)
        history = self._streams[tenant, stream]
        if len(history) != after:
            raise Overtaken(stream)
        news = sealed(
            entries,
            tenant=tenant,
            stream=stream,
            after=after,
            previous=history[-1].hash if history else GENESIS,
            position=len(self._feed),
        )
        history.extend(news)
        self._feed.extend(news)
        async with self._grown:
            self._grown.notify_all()
        return Appended(version=len(history), position=news[-1].position)

    async def after(self, position: int, *, limit: int, wait_s: float = 0.0) -> Sequence[Recorded]:
        if wait_s > 0 and len(self._feed) <= position:
            await self._growth(position, wait_s)
        return self._feed[position : position + limit]

    async def head(self) -> int:
        return len(self._feed)

    async def verify(
        self,
        tenant: TenantId | None = None,
        stream: str | None = None,
        *,
        anchor: Anchor | None = None,
    ) -> Verification:
        """Check the hash chains of all streams, of a tenant's, or of one; and the seals."""
        chains = Chains(tenant=tenant, stream=stream, anchor=anchor)
        if tenant is not None and stream is not None:
            chains.follow(self._streams.get((tenant, stream), []))
        else:
            chains.follow(self._feed)
        return chains.verification()

    async def _growth(self, position: int, wait_s: float) -> None:
        async with self._grown:
            try:
                async with asyncio.timeout(wait_s):
                    await self._grown.wait_for(lambda: len(self._feed) > position)
            except TimeoutError:
                return


class Bill(NamedTuple):
    """One billed impression as it was ingested."""

    tenant: TenantId
    partition: int
    sequence: int
    billed: BilledSum


class MemoryBilledSpend:
    """Billed impressions in a list (`BilledSpend`)."""

    def __init__(self) -> None:
        self.bills: list[Bill] = []

    async def through(self, partition: int) -> Sequence[tuple[TenantId, int]]:
        last: dict[TenantId, int] = {}
        for bill in self.bills:
            if bill.partition == partition:
                last[bill.tenant] = max(last.get(bill.tenant, 0), bill.sequence)
        return sorted(last.items())

    async def between(
        self, tenant: TenantId, partition: int, *, first: int, last: int
    ) -> Sequence[BilledSum]:
        sums: dict[tuple[object, ...], BilledSum] = {}
        for bill in self.bills:
            if (bill.tenant, bill.partition) != (tenant, partition):
                continue
            if first <= bill.sequence <= last:
                key = bill.billed[:3]
                sums[key] = _added(sums.get(key), bill.billed)
        return list(sums.values())


def _added(so_far: BilledSum | None, billed: BilledSum) -> BilledSum:
    if so_far is None:
        return billed
    return billed._replace(
        micros=so_far.micros + billed.micros, impressions=so_far.impressions + billed.impressions
    )
