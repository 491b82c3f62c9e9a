"""Hears of new events by one catch-up subscription to `$all`, whoever follows the log."""

import asyncio
from contextlib import suppress

from kurrentdbclient import AsyncKurrentDBClient, CaughtUp, Checkpoint, RecordedEvent
from kurrentdbclient.common import AbstractAsyncCatchupSubscription

from adapters.kurrentdb_events import Naming, recorded_from
from adapters.kurrentdb_faults import reported
from adapters.recent import Recent
from adapters.rows import RowUnreadable
from commands.ports import LogUnreachable

BACKOFF_S_MIN, BACKOFF_S_MAX = 0.05, 1.0
LOOK_EVERY_S = 5.0


class KurrentDBEar:
    """Keeps `recent` up with the log, through restarts of the server.

    It goes on from the last event or checkpoint it was told of: a checkpoint says that up to
    there nothing is ours, so what others keep in the database is not gone through twice.
    """

    def __init__(self, client: AsyncKurrentDBClient, *, naming: Naming, recent: Recent) -> None:
        self._client = client
        self._naming = naming
        self._recent = recent
        self._task: asyncio.Task[None] | None = None
        self._begun = False
        self._mark: int | None = None
        self.live = False  # whether all there is was heard of

    def open(self) -> None:
        """Begin to listen, if not listening yet."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="event-log-ear")

    async def aclose(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._recent.wake()

    async def _run(self) -> None:
        pause_s = BACKOFF_S_MIN
        while True:
            try:
                with reported():
                    if not self._begun:
                        await self._begin()
                    await self._hear()
                pause_s = BACKOFF_S_MIN
            except LogUnreachable:
                pause_s = min(pause_s * 2, BACKOFF_S_MAX)
            finally:
                self.live = False
            await asyncio.sleep(pause_s)

    async def _begin(self) -> None:
        newest = await self._newest()
        self._mark = newest or None
        self._recent.begin(newest)
        self._begun = True

    async def _newest(self) -> int:
        return await self._client.get_commit_position(
            filter_include=(self._naming.pattern,), filter_by_stream_name=True
        )

    async def _hear(self) -> None:
        subscription = await self._client.subscribe_to_all(
            commit_position=self._mark,
            filter_include=(self._naming.pattern,),
            filter_by_stream_name=True,
            include_checkpoints=True,
            include_caught_up=True,
        )
        watch = asyncio.create_task(self._watch(subscription))
        try:
            async for event in subscription:
                self._take(event)
        finally:
            watch.cancel()
            await subscription.stop()

    def _take(self, event: RecordedEvent) -> None:
        if isinstance(event, CaughtUp):
            self.live = True
            return
        self._mark = event.commit_position
        if isinstance(event, Checkpoint):
            return
        try:
            self._recent.add([recorded_from(event, self._naming)])
        except RowUnreadable as row:
            self._recent.begin(row.position)  # whoever gets there reads it, and is told

    async def _watch(self, subscription: AbstractAsyncCatchupSubscription) -> None:
        """Look now and then whether the subscription still tells all; begin another if not."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            heard = self._recent.end
            with suppress(LogUnreachable), reported():
                if await self._newest() > heard == self._recent.end and self.live:
                    await subscription.stop()
                    return
