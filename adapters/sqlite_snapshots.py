"""Snapshots in an SQLite file of their own, which may be deleted at any time."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from commands.ports import Fault
from commands.snapshots import Snapshot
from domain.identity import TenantId

LOCK_TIMEOUT_S = 5.0  # how long to wait while another process commits
SCHEMA = """
PRAGMA journal_mode=WAL;
CREATE TABLE IF NOT EXISTS snapshots (
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (tenant, stream)
) WITHOUT ROWID;
"""
NEWEST = "SELECT version, fingerprint, content FROM snapshots WHERE tenant = ? AND stream = ?"
KEPT = """
INSERT INTO snapshots VALUES (?, ?, ?, ?, ?) ON CONFLICT (tenant, stream) DO UPDATE
SET version = excluded.version, fingerprint = excluded.fingerprint, content = excluded.content
WHERE excluded.version > version OR excluded.fingerprint != fingerprint
"""


class SnapshotsUnreachable(Fault):
    """The snapshots cannot be read or written."""


class SqliteSnapshots:
    """`Snapshots` in one file, shared by processes; belongs to one event loop.

    Nothing waits for the disk (`synchronous=OFF`): what a power cut takes is replayed, and what
    it leaves torn does not decode, or fits no history. Raises `SnapshotsUnreachable`.
    """

    def __init__(self, path: Path | str) -> None:
        with _reporting():
            self._writer = self._connected(path)
            self._writer.executescript(SCHEMA)
            self._reader = self._connected(path)
        self._writing = threading.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._close)

    async def newest(self, tenant: TenantId, stream: str) -> Snapshot | None:
        with _reporting():
            row = self._reader.execute(NEWEST, (tenant, stream)).fetchone()
        return None if row is None else Snapshot(*row)

    async def keep(self, tenant: TenantId, stream: str, snapshot: Snapshot) -> None:
        await asyncio.to_thread(self._write, (tenant, stream, *snapshot))

    def _write(self, row: tuple[object, ...]) -> None:
        with self._writing, _reporting():
            self._writer.execute(KEPT, row)

    def _close(self) -> None:
        with self._writing:
            self._writer.close()
        self._reader.close()

    @staticmethod
    def _connected(path: Path | str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            path, isolation_level=None, timeout=LOCK_TIMEOUT_S, check_same_thread=False
        )
        connection.execute("PRAGMA synchronous=OFF")
        return connection


@contextmanager
def _reporting() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise SnapshotsUnreachable(str(error)) from error
