"""Connections to PostgreSQL that are opened when needed and replaced when lost."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import AsyncConnection

from commands.ports import LogUnreachable

CONNECT_WITHIN_S = 3  # libpq takes whole seconds
ANSWER_WITHIN_S = 10.0
BACKOFF_S_MIN, BACKOFF_S_MAX = 0.05, 1.0
Row = tuple[Any, ...]
Connection = AsyncConnection[Row]
Greeting = Callable[[Connection], Awaitable[None]]


async def unprepared(_: Connection) -> None:
    """Greet a server with nothing."""


class Line:
    """One connection. While the server is away, those who ask within the pause are told at once."""

    def __init__(self, url: str, *, greet: Greeting = unprepared) -> None:
        self._url = url
        self._greet = greet  # runs once on each new connection
        self._connection: Connection | None = None
        self._pause_s = BACKOFF_S_MIN
        self._not_before = 0.0
        self._why = ""

    async def connection(self) -> Connection:
        """Return an open connection; raises `LogUnreachable` while there is none to be had."""
        if self._connection is not None and not self._connection.closed:
            return self._connection
        now = asyncio.get_running_loop().time()
        if now < self._not_before:
            raise LogUnreachable(self._why)
        try:
            self._connection = await connected(self._url)
            await self._greet(self._connection)
        except psycopg.Error as error:
            await self.drop()
            self._why = str(error).strip()
            self._not_before = now + self._pause_s
            self._pause_s = min(self._pause_s * 2, BACKOFF_S_MAX)
            raise LogUnreachable(self._why) from error
        self._pause_s = BACKOFF_S_MIN
        return self._connection

    async def drop(self) -> None:
        """Let go of the connection, whatever it was doing."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()

    async def rows(self, query: str, parameters: Sequence[object]) -> list[Row]:
        """Return a query's rows; asks again, once, when the connection turns out to be dead."""
        for last in (False, True):
            connection = await self.connection()
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    cursor = await connection.execute(query.encode(), parameters, binary=True)
                    return await cursor.fetchall()
            except psycopg.Error as error:
                if last or not connection.closed:
                    raise LogUnreachable(str(error).strip()) from error
            except TimeoutError as error:
                await self.drop()
                raise LogUnreachable(f"no answer within {ANSWER_WITHIN_S} s") from error
            except asyncio.CancelledError:
                await self.drop()  # half an answer may still be under way
                raise
        raise AssertionError("unreachable")


class Lines:
    """A pool of lines; the most recently used is handed out first, so idle ones stay unopened."""

    def __init__(self, url: str, count: int) -> None:
        self._all = [Line(url) for _ in range(count)]
        self._free: asyncio.LifoQueue[Line] = asyncio.LifoQueue()
        for line in self._all:
            self._free.put_nowait(line)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Line]:
        """Have a line to oneself until the block ends."""
        line = await self._free.get()
        try:
            yield line
        finally:
            self._free.put_nowait(line)

    async def rows(self, query: str, parameters: Sequence[object]) -> list[Row]:
        """Return a query's rows from whichever line is free."""
        async with self.one() as line:
            return await line.rows(query, parameters)

    async def aclose(self) -> None:
        for line in self._all:
            await line.drop()


async def connected(url: str) -> Connection:
    """Open a connection to `url` (libpq's, TLS options included); each statement is its own."""
    return await AsyncConnection.connect(
        url,
        autocommit=True,
        connect_timeout=CONNECT_WITHIN_S,
        application_name="campaign-express",
        # A peer that vanished without a word is given up within ten seconds.
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=2,
        tcp_user_timeout=10_000,
    )
