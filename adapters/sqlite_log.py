"""The event log in one SQLite file: durable, shared by processes, verifiable."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from eventsourcing.persistence import PersistenceError
from eventsourcing.sqlite import SQLiteCursor, SQLiteDatastore

from adapters.rows import RowUnreadable
from adapters.sqlite_recorder import SqliteRecorder
from adapters.sqlite_tide import Tide
from adapters.sqlite_writer import SqliteWriter
from commands.ports import Appended, LogUnreachable
from domain.chain import Chains, Finding, Verification
from domain.envelope import Entry, Recorded
from domain.identity import TenantId

LOCK_TIMEOUT_S = 5  # how long to wait while another process commits
READERS = 2
NEAR_MAX = 64  # events read without leaving the event loop
VERIFIED_AT_ONCE = 5_000
UNREADABLE = "it cannot be read"

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
        self._writer = SqliteWriter(self._recorder, committed=self._tide.ring)
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
        # A handful of rows takes 5 µs here and 150 µs by way of a thread, and
        # commands, which keep their streams folded, read hardly ever more.
        select = partial(self._recorder.history, tenant=tenant, stream=stream, upto=upto)
        near = self._at_once(partial(select, after=after, limit=NEAR_MAX))
        if len(near) < NEAR_MAX:
            return near
        return [*near, *await self._in_thread(partial(select, after=near[-1].version))]

    async def append(
        self, tenant: TenantId, stream: str, entries: Sequence[Entry], *, after: int
    ) -> Appended:
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
        self, tenant: TenantId | None = None, stream: str | None = None
    ) -> Verification:
        """Check the hash chains of all streams, of a tenant's, or of one.

        Only the streams asked for are followed, but the whole log is read,
        unless both are named.
        """
        chains = Chains()
        if tenant is not None and stream is not None:
            await self._examine(chains, tenant, stream)
            return chains.verification()
        position = 0
        while position < await self.head():
            history, findings, position = await self._examined(position)
            chains.follow(
                recorded
                for recorded in history
                if tenant in {None, recorded.tenant} and stream in {None, recorded.stream}
            )
            chains.findings += [f for f in findings if tenant in {None, f.tenant}]
        return chains.verification()

    async def _examine(self, chains: Chains, tenant: TenantId, stream: str) -> None:
        try:
            chains.follow(await self.read(tenant, stream))
        except RowUnreadable as row:
            # What stands after it can no longer be held against it.
            chains.follow(await self.read(tenant, stream, upto=row.version - 1))
            chains.findings.append(Finding(tenant, stream, row.version, row.position, UNREADABLE))

    async def _examined(self, position: int) -> tuple[list[Recorded], list[Finding], int]:
        """Return readable events past `position`, what is wrong with rows, where to go on."""
        feed = partial(self._recorder.feed, position=position, limit=VERIFIED_AT_ONCE)
        try:
            history = await self._in_thread(feed)
        except RowUnreadable as row:
            history = await self._in_thread(partial(feed, before=row.position))
            unreadable = Finding(row.tenant, row.stream, row.version, row.position, UNREADABLE)
            return history, [*_gaps(position, history), unreadable], row.position
        return history, _gaps(position, history), history[-1].position

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


def _gaps(position: int, history: Sequence[Recorded]) -> list[Finding]:
    """Return what follows a missing row: rows are never deleted, so ids have no gaps."""
    return [
        Finding(
            recorded.tenant,
            recorded.stream,
            recorded.version,
            recorded.position,
            f"position {expected} is missing: this is {recorded.position}",
        )
        for expected, recorded in zip(
            (position + 1, *(recorded.position + 1 for recorded in history)), history, strict=False
        )
        if recorded.position != expected
    ]


@contextmanager
def _reporting() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, PersistenceError) as error:
        raise LogUnreachable(str(error)) from error
