"""Listens for commits of other processes, on a connection that does nothing else."""

import asyncio
from contextlib import suppress

import psycopg
from psycopg import sql as spelled

from adapters import postgres_statements as sql
from adapters.postgres_lines import BACKOFF_S_MAX, BACKOFF_S_MIN, Connection, Line
from adapters.tide import Tide
from commands.ports import LogUnreachable

QUIET_S = 5.0  # after so long without a word the server is asked whether it is still there


class Ear:
    """Keeps a tide up with the notifications of one channel, through restarts of the server."""

    def __init__(self, url: str, *, channel: str, tide: Tide) -> None:
        self._line = Line(url)
        self._channel = channel
        self._tide = tide
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to listen, if not listening yet."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="event-log-ear")

    async def aclose(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._line.drop()
        self._tide.wake()

    async def _run(self) -> None:
        pause_s = BACKOFF_S_MIN
        while True:
            try:
                connection = await self._line.connection()
                await self._attend(connection)
                pause_s = BACKOFF_S_MIN
                while True:
                    await self._hear(connection)
            except (psycopg.Error, LogUnreachable):
                await self._line.drop()
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, BACKOFF_S_MAX)

    async def _attend(self, connection: Connection) -> None:
        listen = spelled.SQL("LISTEN {}").format(spelled.Identifier(self._channel))
        await connection.execute(listen)
        # What was committed before we listened was told to nobody.
        cursor = await connection.execute(sql.HEAD)
        (head,) = await cursor.fetchone() or (0,)
        self._tide.rise(head)

    async def _hear(self, connection: Connection) -> None:
        async for told in connection.notifies(timeout=QUIET_S):
            self._tide.rise(int(told.payload))
        await connection.execute("SELECT 1")
