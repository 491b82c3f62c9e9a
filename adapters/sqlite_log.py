"""The event log in one SQLite file: durable, shared by processes, verifiable."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from eventsourcing.persistence import PersistenceError
from eventsourcing.sqlite import SQLiteCursor, SQLiteDatastore

from adapters.fitting import demand_fit, readable
from adapters.links import follow_rows, gaps
from adapters.sqlite_history import pages
from adapters.sqlite_recorder import SqliteRecorder
from adapters.sqlite_tide import Tide
from adapters.sqlite_writer import SqliteWriter
from commands.history import Page
from commands.ports import Appended, LogUnreachable
from domain.audit import Anchor
from domain.chain import Chains, Verification
from domain.envelope import Entry, Recorded
from domain.identity import TenantId

LOCK_TIMEOUT_S = 5  # how long to wait while another process commits
READERS = 2
NEAR_MAX = 64  # events read without leaving the event loop
VERIFIED_AT_ONCE = 1_000

T = TypeVar("T")


class SqliteEventLog:
    """`EventLog` and `EventFeed` over `eventsourcing`'s SQLite recorder.

    An append returns after `fsync` (WAL, `synchronous=FULL`); appends that wait
    together share one. Positions are row ids: they grow with commits and have
    no gaps, because rows are never deleted. Raises `LogUnreachable` when the
    file cannot be read or written. Belongs to one event loop.
    """

    def __init__(self, path: Path | str) -> None:
        with _reporting():
            self._datastore = SQLiteDatastore(
                str(path), lock_timeout=LOCK_TIMEOUT_S, originator_id_type="text"
            )
            self._recorder = SqliteRecorder(self._datastore)
            self._recorder.create_table()
            self._near = self._datastore.pool.get_connection(is_writer=False)
            self._tide = Tide(self._near)
        self._writer = SqliteWriter(path, committed=self._tide.ring)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="event-log-reader")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Finish what was asked, then let go of the file."""
        await asyncio.to_thread(self._writer.close)
        await asyncio.to_thread(self._readers.shutdown)
        self._tide.close()
        self._datastore.pool.put_connection(self._near)
        self._datastore.close()

    async def read(
        self, tenant: TenantId, stream: str, *, after: int = 0, upto: int | None = None
    ) -> Sequence[Recorded]:
        if not readable(stream):
            return []
        # A handful of rows takes 5 µs here and 150 µs by way of a thread, and
        # commands, which keep their streams folded, read hardly ever more.
        select = partial(self._recorder.history, tenant=tenant, stream=stream, upto=upto)
        near = self._at_once(partial(select, after=after, limit=NEAR_MAX))
        if len(near) < NEAR_MAX:
            return near
        return [*near, *await self._in_thread(partial(select, after=near[-1].version))]

    def pages(self, tenant: TenantId, stream: str, *, after: int) -> AsyncGenerator[Page, None]:
        return pages(self._in_thread, tenant=tenant, stream=stream, after=after)

    async def append(
        self, tenant: TenantId, stream: str, entries: Sequence[Entry], *, after: int
    ) -> Appended:
        demand_fit(stream, entries)
        return await self._writer.append(tenant, stream, entries, after=after)

    async def after(self, position: int, *, limit: int, wait_s: float = 0.0) -> Sequence[Recorded]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait_s
        feed = partial(self._recorder.feed, position=position, limit=limit)
        while True:
            mark = self._at_once(lambda _: self._tide.mark())
            batch = await self._in_thread(feed)
            left_s = deadline - loop.time()
            if batch or left_s <= 0:
                return batch
            await self._tide.moved(mark, wait_s=left_s)

    async def head(self) -> int:
        return self._at_once(self._recorder.head)

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
        if tenant is not None and stream is not None:
            await self._examine(chains, tenant, stream)
            return chains.verification()
        position: int | None = 0
        while position is not None:
            position = await self._in_thread(partial(self._follow, chains, position))
        return chains.verification()

    async def _examine(self, chains: Chains, tenant: TenantId, stream: str) -> None:
        select = partial(self._recorder.stream_rows, tenant=tenant, stream=stream)
        follow_rows(chains, await self._in_thread(select))

    def _follow(self, chains: Chains, position: int, cursor: SQLiteCursor) -> int | None:
        """Check the next rows past `position`; return where to go on, None at the end."""
        rows = self._recorder.rows(cursor, position=position, limit=VERIFIED_AT_ONCE)
        for finding in gaps(position, rows):
            chains.miss(finding)
        follow_rows(chains, rows)
        return rows[-1][0] if rows else None

    def _at_once(self, select: Callable[[SQLiteCursor], T]) -> T:
        with _reporting():
            return select(self._near.cursor())

    async def _in_thread(self, select: Callable[[SQLiteCursor], T]) -> T:
        with _reporting():
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._readers, self._transacted, select)

    def _transacted(self, select: Callable[[SQLiteCursor], T]) -> T:
        with self._datastore.transaction(commit=False) as cursor:
            return select(cursor)


@contextmanager
def _reporting() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, PersistenceError) as error:
        raise LogUnreachable(str(error)) from error
