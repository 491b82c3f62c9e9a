"""Keeps one view up with the log: reads a batch, folds it, writes rows and position together."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Any

import structlog

from domain.envelope import Recorded
from domain.identity import TenantId
from projections import measures
from projections.folding import Folded, Folding, Stream
from projections.ports import (
    Address,
    EventFeed,
    Mark,
    Parked,
    PositionMoved,
    Shelf,
    ViewStore,
    ViewUnreachable,
)
from projections.projection import Projection

BATCH_MAX = 500
CATCHING_UP_BATCH_MAX = 5_000
PACE_S = 0.02  # a view takes a batch at most this often, unless batches come full
IDLE_S = 1.0  # an idle runner looks this often whether its view was swapped or lost
MEMORIES_MAX = 50_000
BACKOFF_S = (0.05, 0.1, 0.2, 0.5, 1.0)

log = structlog.get_logger()


class Runner:
    """The single writer of a view, and therefore free to remember its rows.

    Should a second writer appear, each finds out by `PositionMoved`, forgets and goes on:
    that is slow but right. `faults` are what means "later" when the feed or the store raise
    it. `view` names a build to work on; by default it is the one readers see.
    """

    def __init__(
        self,
        projection: Projection,
        *,
        feed: EventFeed,
        store: ViewStore,
        faults: tuple[type[Exception], ...] = (ViewUnreachable,),
        view: str | None = None,
    ) -> None:
        self.projection = projection
        self._folding = Folding(projection)
        self._feed = feed
        self._store = store
        self._faults = faults
        self._fixed = view
        self._view = ""
        self._mark = Mark(0, 0)
        self._memories: dict[Address, Any] = {}
        self._blocked: dict[Stream, int] = {}
        self._parked: Sequence[Parked] = ()
        self._limit = BATCH_MAX

    @property
    def position(self) -> int:
        """How far the view is, as far as this runner knows."""
        return self._mark.position

    @property
    def paused_on(self) -> Parked | None:
        """The poisoned event that stops a view whose policy is to pause."""
        return self._parked[0] if self._parked and self.projection.on_poison == "pause" else None

    async def run(self, stopping: asyncio.Event) -> None:
        """Step until `stopping` is set, through faults of the log and the store."""
        failures = 0
        while not stopping.is_set():
            started = time.monotonic()
            try:
                taken = await self.step(wait_s=IDLE_S)
            except PositionMoved:
                measures.RELOADS.labels(self.projection.name).inc()
                await _pause(stopping, PACE_S)
                continue
            except self._faults as fault:
                measures.FAULTS.labels(self.projection.name).inc()
                log.warning("projection_waits", view=self.projection.name, fault=repr(fault))
                await _pause(stopping, BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
                failures += 1
                continue
            failures = 0
            if 0 < taken < BATCH_MAX:
                await _pause(stopping, PACE_S - (time.monotonic() - started))

    async def step(self, *, wait_s: float = 0.0) -> int:
        """Take the next batch and return its number of events; 0 when there is none.

        Raises `PositionMoved` after forgetting everything, so that the next step begins
        anew, and whatever feed and store raise.
        """
        try:
            if not self._view:
                await self._open()
            if self.paused_on:
                await asyncio.sleep(wait_s)
                await self._look()
                return 0
            events = await self._feed.after(self.position, limit=self._limit, wait_s=wait_s)
            await (self._take(events) if events else self._look())
        except BaseException:
            self._forget()  # A batch whose answer was lost may or may not have happened.
            raise
        self._limit = CATCHING_UP_BATCH_MAX if len(events) >= BATCH_MAX else BATCH_MAX
        return len(events)

    async def retry(self, stream: Stream) -> list[Parked]:
        """Fold a stream's parked events again; returns those that stay parked."""
        return await self._again(stream, skipping=None)

    async def skip(self, parked: Parked) -> list[Parked]:
        """Pass over one parked event and fold those behind it; returns those that stay parked."""
        return await self._again((parked.tenant, parked.stream), skipping=parked.position)

    async def _open(self) -> None:
        view = self._fixed or await self._store.live(self.projection.name)
        self._mark = await self._store.mark(view)
        self._note_parked(await self._store.parked(view))
        self._view = view

    def _forget(self) -> None:
        self._view = ""
        self._memories.clear()
        self._limit = BATCH_MAX

    async def _look(self) -> None:
        """Notice that the view was swapped, lost or retried under us."""
        moved = await self._store.mark(self._view) != self._mark
        if self._fixed is None:
            moved = moved or await self._store.live(self.projection.name) != self._view
        if moved:
            raise PositionMoved(self._view)
        await self._measure()

    async def _take(self, events: Sequence[Recorded]) -> None:
        await self._remember(self._folding.wanted(events))
        folded = self._folding.fold(events, self._memories, self._blocked)
        await self._write(folded)
        if folded.parked:
            log.error("projection_parked", view=self._view, first=folded.parked[0])
            self._note_parked(await self._store.parked(self._view))
        measures.EVENTS.labels(self.projection.name).inc(len(events))
        if len(events) < self._limit:
            measures.LAG.labels(self.projection.name).set(0)

    async def _write(self, folded: Folded) -> None:
        batch = self._folding.batch(folded, self._memories)
        self._mark = await self._store.apply(self._view, batch, expected=self._mark)
        self._memories.update(folded.memories)
        while len(self._memories) > MEMORIES_MAX:
            del self._memories[next(iter(self._memories))]
        measures.BATCHES.labels(self.projection.name).inc()
        measures.POSITION.labels(self.projection.name).set(self.position)

    async def _remember(self, wanted: set[Address]) -> None:
        missing = [address for address in wanted if address not in self._memories]
        if not missing:
            return
        shelf: Shelf = "rows" if self.projection.rows is None else "state"
        found = await self._store.fetch(self._view, shelf, missing)
        for address, row in zip(missing, found, strict=True):
            self._memories[address] = self._folding.recall(row)

    async def _again(self, stream: Stream, *, skipping: int | None) -> list[Parked]:
        self._forget()
        await self._open()
        waiting = [
            p for p in await self._store.parked(self._view) if (p.tenant, p.stream) == stream
        ]
        queue = [(p, await self._event(p)) for p in waiting if p.position != skipping]
        await self._remember(self._folding.wanted([event for _, event in queue]))
        folded = self._folding.refold(queue, self._memories, self.position)
        if skipping is not None:
            folded.released.append(skipping)
        await self._write(folded)
        left = await self._store.parked(self._view)
        self._note_parked(left)
        return [p for p in left if (p.tenant, p.stream) == stream]

    async def _event(self, parked: Parked) -> Recorded:
        events = await self._feed.read(
            TenantId(parked.tenant), parked.stream, after=parked.version - 1, upto=parked.version
        )
        if not events or events[0].position != parked.position:
            raise LookupError(f"the log has no event at position {parked.position}")
        return events[0]

    def _note_parked(self, parked: Sequence[Parked]) -> None:
        self._parked = parked
        self._blocked = {}
        for event in parked:
            self._blocked.setdefault((event.tenant, event.stream), event.position)
        measures.PARKED.labels(self.projection.name).set(len(parked))

    async def _measure(self) -> None:
        lag = await self._feed.head() - self.position
        measures.LAG.labels(self.projection.name).set(max(0, lag))


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    if seconds > 0:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), seconds)
