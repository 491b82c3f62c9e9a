"""The event log in a PostgreSQL database: durable, shared by processes and machines, verifiable."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Self

import psycopg

from adapters import postgres_statements as sql
from adapters.ends import Ends
from adapters.fitting import demand_fit, readable
from adapters.links import Row, follow_rows, gaps
from adapters.postgres_ear import Ear
from adapters.postgres_lines import Connection, Lines, connected
from adapters.postgres_reader import PostgresReader
from adapters.postgres_writer import PostgresWriter
from adapters.recent import Recent
from adapters.rows import VERSION_MAX, physical, recorded_in
from commands.ports import Appended, LogUnreachable
from domain.audit import Anchor
from domain.chain import Chains, Verification
from domain.envelope import Entry, Recorded
from domain.identity import TenantId

CHANNEL = "cx_events"
READING_LINES = 4
VERIFIED_AT_ONCE = 5_000
POLL_S = 0.25  # while nothing is heard, the log is asked


class PostgresEventLog:
    """`EventLog` and `EventFeed` over the table of `eventsourcing`'s PostgreSQL recorder.

    The URL is libpq's: `postgresql://user:password@host:5432/db?sslmode=verify-full&…`; a
    schema of its own is chosen by `options=-csearch_path%3Dname`. An append returns after the
    commit was flushed; appends that wait together share one transaction. Positions are given
    out in the order of commits, from 1 and without gaps. While the server is away calls raise
    `LogUnreachable`, an append after two seconds; when it is back they go on by themselves.
    Belongs to one event loop. Needs a session of its own for each connection: a pooler in
    between must pool sessions, not transactions.
    """

    def __init__(self, url: str) -> None:
        self._recent = Recent()
        self._lines = Lines(url, READING_LINES)
        self._reader = PostgresReader(self._lines)
        self._ends = Ends()
        self._writer = PostgresWriter(url, channel=CHANNEL, ends=self._ends)
        self._ear = Ear(url, channel=CHANNEL, recent=self._recent)
        self._url = url

    async def __aenter__(self) -> Self:
        """Make the table if it is not there; raises `LogUnreachable`."""
        try:
            async with await connected(self._url) as connection:
                await _furnish(connection)
        except psycopg.Error as error:
            raise LogUnreachable(str(error).strip()) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Finish what was asked, then hang up."""
        await self._writer.aclose()
        await self._reader.aclose()
        await self._ear.aclose()
        await self._lines.aclose()

    async def read(
        self, tenant: TenantId, stream: str, *, after: int = 0, upto: int | None = None
    ) -> Sequence[Recorded]:
        if not readable(stream):
            return []
        name = physical(tenant, stream)
        history = await self._reader.history(name, after=after, upto=upto)
        if history and upto is None:
            self._ends.note(name, history[-1].version, history[-1].hash)
        return history

    async def append(
        self, tenant: TenantId, stream: str, entries: Sequence[Entry], *, after: int
    ) -> Appended:
        demand_fit(stream, entries)
        return await self._writer.append(tenant, stream, entries, after=after)

    async def after(self, position: int, *, limit: int, wait_s: float = 0.0) -> Sequence[Recorded]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait_s
        self._ear.open()
        while True:
            left_s = deadline - loop.time()
            await self._recent.past(
                position, wait_s=left_s if self._ear.live else min(left_s, POLL_S)
            )
            batch: Sequence[Recorded] | None = self._recent.since(position, limit)
            if batch is None or (not batch and not (wait_s and self._ear.live)):
                batch = await self._feed(position, limit)
            if batch or loop.time() >= deadline:
                return batch

    async def head(self) -> int:
        ((head,),) = await self._lines.rows(sql.HEAD, ())
        return int(head)

    async def verify(
        self,
        tenant: TenantId | None = None,
        stream: str | None = None,
        *,
        anchor: Anchor | None = None,
    ) -> Verification:
        """Check the hash chains of all streams, of a tenant's, or of one; and the seals.

        The whole log is read and its seals are checked, unless tenant and stream are named.
        """
        chains = Chains(tenant=tenant, stream=stream, anchor=anchor)
        position = 0
        while True:
            if tenant is not None and stream is not None:
                rows = await self._rows(sql.HISTORY, (physical(tenant, stream), position))
                position = rows[-1][2] if rows else position
            else:
                rows = await self._rows(sql.FEED, (position,))
                for finding in gaps(position, rows):
                    chains.miss(finding)
                position = rows[-1][0] if rows else position
            if not rows:
                return chains.verification()
            await asyncio.to_thread(partial(follow_rows, chains, rows))

    async def _rows(self, query: str, past: tuple[object, ...]) -> list[Row]:
        return await self._lines.rows(query, (*past, VERSION_MAX, VERIFIED_AT_ONCE))

    async def _feed(self, position: int, limit: int) -> list[Recorded]:
        rows = await self._lines.rows(sql.FEED, (position, VERSION_MAX, limit))
        return [recorded_in(*row) for row in rows]


async def _furnish(connection: Connection) -> None:
    """Make the table, one process at a time; a role that may not needs one made for it."""
    cursor = await connection.execute(sql.FOUND)
    if (await cursor.fetchone()) == (True,):
        return
    async with connection.transaction():
        await connection.execute(sql.MAKING)
        await connection.execute(sql.TABLE)
        await connection.execute(sql.INDEX)
