"""Listens for commits, by whatever process, on a connection that does nothing else."""

import asyncio
from contextlib import suppress

import psycopg
from psycopg import sql as spelled

from adapters import postgres_statements as sql
from adapters.postgres_lines import BACKOFF_S_MAX, BACKOFF_S_MIN, Connection, Line
from adapters.recent import Recent
from adapters.rows import VERSION_MAX, RowUnreadable, recorded_in
from commands.ports import LogUnreachable

QUIET_S = 5.0  # after so long without a word the server is asked whether it is still there
READ_AT_ONCE = 1_000


class Ear:
    """Keeps `recent` up with the log, through restarts of the server.

    A notification only says that there is more: what it is, is read from the table in order.
    """

    def __init__(self, url: str, *, channel: str, recent: Recent) -> None:
        self._line = Line(url)
        self._channel = channel
        self._recent = recent
        self._begun = False
        self._task: asyncio.Task[None] | None = None
        self.live = False  # whether every commit is heard of

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
        self._recent.wake()

    async def _run(self) -> None:
        pause_s = BACKOFF_S_MIN
        while True:
            with suppress(psycopg.Error, LogUnreachable):
                connection = await self._line.connection()
                listen = spelled.SQL("LISTEN {}").format(spelled.Identifier(self._channel))
                await connection.execute(listen)
                await self._catch_up(connection)
                self.live, pause_s = True, BACKOFF_S_MIN
                while True:
                    await self._hear(connection)
            self.live = False
            await self._line.drop()
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, BACKOFF_S_MAX)

    async def _hear(self, connection: Connection) -> None:
        async for told in connection.notifies(timeout=QUIET_S):
            if not told.payload.isdigit() or int(told.payload) > self._recent.end:
                break
        await self._catch_up(connection)

    async def _catch_up(self, connection: Connection) -> None:
        if not self._begun:
            cursor = await connection.execute(sql.HEAD)
            (head,) = await cursor.fetchone() or (0,)
            self._recent.begin(head)
            self._begun = True
            return
        while True:
            cursor = await connection.execute(
                sql.FEED, (self._recent.end, VERSION_MAX, READ_AT_ONCE), binary=True
            )
            rows = await cursor.fetchall()
            try:
                self._recent.add([recorded_in(*row) for row in rows])
            except RowUnreadable:
                self._recent.begin(rows[-1][0])  # whoever gets there reads it, and is told
            if len(rows) < READ_AT_ONCE:
                return
