"""The event log in one SQLite file: durable, shared by processes, verifiable."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self, TypeVar

from eventsourcing.persistence import PersistenceError
from eventsourcing.sqlite import SQLiteDatastore

from adapters.sqlite_recorder import SqliteRecorder
from adapters.sqlite_tide import Tide
from adapters.sqlite_writer import SqliteWriter
from commands.ports import Appended, LogUnreachable
from domain.chain import Chains, Verification
from domain.envelope import Entry, Recorded
from domain.identity import TenantId

LOCK_TIMEOUT_S = 5  # how long to wait while another process commits
READERS = 2
VERIFIED_AT_ONCE = 5_000

T = TypeVar("T")


class SqliteEventLog:
    """`EventLog` and `EventFeed` over `eventsourcing`'s SQLite recorder.

    An append returns after `fsync` (WAL, `synchronous=FULL`); appends that wait
    together share one. Positions are row ids: they grow with commits and have
    no gaps, because rows are never deleted. Raises `LogUnreachable` when the
    file cannot be read or written. Belongs to one event loop.
    """

    def __init__(self, path: Path | str) -> None:
        try:
            self._datastore = SQLiteDatastore(
                str(path), lock_timeout=LOCK_TIMEOUT_S, originator_id_type="text"
            )
            self._recorder = SqliteRecorder(self._datastore)
            self._recorder.create_table()
            self._tide = Tide(self._datastore)
        except (sqlite3.Error, PersistenceError) as error:
            raise LogUnreachable(f"{path}: {error}") from error
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
        self._datastore.close()

    async def read(
        self, tenant: TenantId, stream: str, *, after: int = 0, upto: int | None = None
    ) -> Sequence[Recorded]:
        return await self._reading(
            lambda: self._recorder.history(tenant, stream, after=after, upto=upto)
        )

    async def append(
        self, tenant: TenantId, stream: str, entries: Sequence[Entry], *, after: int
    ) -> Appended:
        return await self._writer.append(tenant, stream, entries, after=after)

    async def after(self, position: int, *, limit: int, wait_s: float = 0.0) -> Sequence[Recorded]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait_s
        while True:
            mark = self._mark()
            batch = await self._reading(lambda: self._recorder.feed(position, limit=limit))
            left_s = deadline - loop.time()
            if batch or left_s <= 0:
                return batch
            await self._tide.moved(mark, wait_s=left_s)

    async def head(self) -> int:
        return await self._reading(lambda: self._recorder.max_notification_id() or 0)

    async def verify(
        self, tenant: TenantId | None = None, stream: str | None = None
    ) -> Verification:
        """Check the hash chains of all streams, of a tenant's, or of one.

        Only the streams asked for are followed, but the whole log is read,
        unless both are named.
        """
        chains = Chains()
        if tenant is not None and stream is not None:
            chains.follow(await self.read(tenant, stream))
            return chains.verification()
        position = 0
        while batch := await self.after(position, limit=VERIFIED_AT_ONCE):
            position = batch[-1].position
            chains.follow(
                recorded
                for recorded in batch
                if tenant in {None, recorded.tenant} and stream in {None, recorded.stream}
            )
        return chains.verification()

    def _mark(self) -> int:
        try:
            return self._tide.mark()
        except (sqlite3.Error, PersistenceError) as error:
            raise LogUnreachable(str(error)) from error

    async def _reading(self, select: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, select)
        except (sqlite3.Error, PersistenceError) as error:
            raise LogUnreachable(str(error)) from error
