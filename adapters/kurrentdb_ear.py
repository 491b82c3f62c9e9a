"""Hears of new events by one catch-up subscription to `$all`, whoever follows the log."""

import asyncio
from contextlib import suppress

from kurrentdbclient import AsyncKurrentDBClient, CaughtUp, Checkpoint
from kurrentdbclient.exceptions import KurrentDBClientError

from adapters.tide import Tide

BACKOFF_S_MIN, BACKOFF_S_MAX = 0.05, 1.0


class KurrentDBEar:
    """Keeps a tide up, through restarts of the server.

    It goes on from the last event or checkpoint it was told of: a checkpoint says that up to
    there nothing is ours, so other tenants of the database are not read twice.
    """

    def __init__(self, client: AsyncKurrentDBClient, *, pattern: str, tide: Tide) -> None:
        self._client = client
        self._pattern = pattern
        self._tide = tide
        self._task: asyncio.Task[None] | None = None
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
        self._tide.wake()

    async def _run(self) -> None:
        pause_s = BACKOFF_S_MIN
        while True:
            with suppress(KurrentDBClientError):
                if self._mark is None:
                    self._mark = await self._newest()
                await self._hear(self._mark)
                pause_s = BACKOFF_S_MIN
            self.live = False
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, BACKOFF_S_MAX)

    async def _newest(self) -> int | None:
        position = await self._client.get_commit_position(
            filter_include=(self._pattern,), filter_by_stream_name=True
        )
        self._tide.rise(position)
        return position or None

    async def _hear(self, mark: int | None) -> None:
        subscription = await self._client.subscribe_to_all(
            commit_position=mark,
            filter_include=(self._pattern,),
            filter_by_stream_name=True,
            include_checkpoints=True,
            include_caught_up=True,
        )
        async with subscription:
            async for event in subscription:
                if isinstance(event, CaughtUp):
                    self.live = True
                    continue
                self._mark = event.commit_position
                if not isinstance(event, Checkpoint):
                    self._tide.rise(event.commit_position)
