"""The key ring in one SQLite file of its own: durable, shared by processes, forgetting for good."""

import asyncio
import contextlib
import hmac
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self, TypeVar

from adapters.subject_keys import SubjectKeyRing
from commands.ports import KeysUnreachable, Subject
from domain.identity import TenantId

LOCK_TIMEOUT_S = 5.0  # how long to wait while another process commits
OWNER_ONLY = 0o600
SCHEMA = """
CREATE TABLE IF NOT EXISTS ring (mark BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS subjects (
    tenant TEXT NOT NULL,
    ref TEXT NOT NULL,
    lookup BLOB NOT NULL,
    wrapped BLOB NOT NULL,
    PRIMARY KEY (tenant, ref)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS subjects_by_lookup ON subjects (tenant, lookup);
"""
MARKED = "INSERT INTO ring SELECT ? WHERE NOT EXISTS (SELECT 1 FROM ring)"
ADDED = "INSERT INTO subjects VALUES (?, ?, ?, ?) ON CONFLICT (tenant, lookup) DO NOTHING"
FOUND = "SELECT ref FROM subjects WHERE tenant = ? AND lookup = ?"
KEPT = "SELECT wrapped FROM subjects WHERE tenant = ? AND ref = ?"
REMOVED = "DELETE FROM subjects WHERE tenant = ? AND ref = ?"

T = TypeVar("T")


class SqliteKeyRing(SubjectKeyRing):
    """`KeyRing` over a file that only its owner can read; belongs to one event loop.

    A new subject is on disk (`synchronous=FULL`) before it is returned. Removal overwrites the
    row (`secure_delete`) and empties the write-ahead log, which still held it. Raises
    `KeysUnreachable` when the file cannot be read or written, or was made with another secret.
    """

    def __init__(self, path: Path | str, secret: bytes) -> None:
        super().__init__(secret)
        with _reporting():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, OWNER_ONLY))
            self._writer = self._connected(path)
            self._writer.executescript("PRAGMA journal_mode=WAL;" + SCHEMA)
            self._writer.execute(MARKED, (self._mark,))
            self._reader = self._connected(path)
            (mark,) = self._reader.execute("SELECT mark FROM ring").fetchone()
        if not hmac.compare_digest(mark, self._mark):
            raise KeysUnreachable(f"the key ring {path} was made with another secret")
        self._writing = threading.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Finish what is being written, then let go of the file."""
        await self._in_thread(self._writer.close)
        self._reader.close()

    async def _ref_of(self, tenant: TenantId, lookup: bytes) -> str | None:
        with _reporting():
            row = self._reader.execute(FOUND, (tenant, lookup)).fetchone()
        return None if row is None else str(row[0])

    async def _added(self, tenant: TenantId, ref: str, lookup: bytes, wrapped: bytes) -> str:
        def add() -> str:
            self._writer.execute(ADDED, (tenant, ref, lookup, wrapped))
            (kept,) = self._writer.execute(FOUND, (tenant, lookup)).fetchone()
            return str(kept)

        return await self._in_thread(add)

    async def _wrapped(self, subject: Subject) -> bytes | None:
        with _reporting():
            row = self._reader.execute(KEPT, subject).fetchone()
        return None if row is None else bytes(row[0])

    async def _removed(self, subject: Subject) -> bool:
        return await self._in_thread(lambda: self._forget(subject))

    def _forget(self, subject: Subject) -> bool:
        removed = self._writer.execute(REMOVED, subject).rowcount > 0
        # Also when there was no row: a removal that was killed here left its write-ahead log.
        (busy, *_) = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise KeysUnreachable("the key ring's write-ahead log is in use and was not emptied")
        return removed

    def _connected(self, path: Path | str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            path, timeout=LOCK_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")
        return connection

    async def _in_thread(self, work: Callable[[], T]) -> T:
        def alone() -> T:
            with self._writing, _reporting():
                return work()

        return await asyncio.to_thread(alone)


@contextlib.contextmanager
def _reporting() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise KeysUnreachable(str(error)) from error
