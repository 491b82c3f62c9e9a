"""Event logs to hold to their contract, each as a way to open it again and again."""

import asyncio
import contextlib
import os
import sys
import uuid
from datetime import UTC, datetime

from adapters.kurrentdb_log import KurrentDBEventLog
from adapters.memory import MemoryEventLog
from adapters.postgres_log import PostgresEventLog
from adapters.sqlite_log import SqliteEventLog
from domain.envelope import Entry
from tests.engines import HOUSE

DEADLINE_S = 60.0


class MemoryBackend:
    """Reopening it finds the same events, because it is the same object."""

    def __init__(self, _request):
        self.log = MemoryEventLog()
        self.url = ""

    @contextlib.asynccontextmanager
    async def opened(self):
        yield self.log


class SqliteBackend:
    def __init__(self, request):
        self.path = request.getfixturevalue("tmp_path") / "events.sqlite"
        self.url = f"sqlite:///{self.path}"

    @contextlib.asynccontextmanager
    async def opened(self):
        async with SqliteEventLog(self.path) as log:
            yield log


class PostgresBackend:
    def __init__(self, request):
        self.url = request.getfixturevalue("postgres").schema()

    @contextlib.asynccontextmanager
    async def opened(self):
        async with PostgresEventLog(self.url) as log:
            yield log


class KurrentBackend:
    """A namespace of its own, so that it may share even a server that others use."""

    def __init__(self, request):
        self.url = namespaced(self.server(request))

    def server(self, request):
        return request.getfixturevalue("kurrent_peer")

    @contextlib.asynccontextmanager
    async def opened(self):
        async with KurrentDBEventLog(self.url) as log:
            yield log


class KurrentServerBackend(KurrentBackend):
    """A real server, which `CX_TEST_KURRENTDB_URL` names."""

    def server(self, _request):
        return REAL_KURRENTDB


def namespaced(url):
    return f"{url}{'&' if '?' in url else '?'}namespace=test_{uuid.uuid4().hex}"


BACKENDS = {
    "memory": MemoryBackend,
    "sqlite": SqliteBackend,
    "postgresql": PostgresBackend,
    "kurrentdb-peer": KurrentBackend,
}
REAL_KURRENTDB = os.environ.get("CX_TEST_KURRENTDB_URL")
if REAL_KURRENTDB:
    BACKENDS["kurrentdb-server"] = KurrentServerBackend
SHARED = [name for name in BACKENDS if name != "memory"]  # by processes


def entry(data=b'{"kind":"told.v1","word":"hello"}', *, kind="told.v1"):
    id_ = str(uuid.uuid4())
    return Entry(
        event_id=id_,
        kind=kind,
        data=data,
        recorded_at=datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC),
        actor="ana",
        command_id=id_,
        fingerprint="f" * 64,
        correlation_id="request-1",
        causation_id=None,
    )


async def appending(url, count, name):
    """Start another process that appends; see `tests.contracts.appending`."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.contracts.appending", url, str(count), name, cwd=HOUSE
    )


async def followed(log, *, count, limit=500):
    """Return the first `count` events of the feed, waiting for those still to come."""
    history, position = [], 0
    async with asyncio.timeout(DEADLINE_S):
        while len(history) < count:
            batch = await log.after(position, limit=limit, wait_s=1.0)
            history += batch
            position = batch[-1].position if batch else position
    return history
