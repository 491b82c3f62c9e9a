"""Snapshots in a PostgreSQL table, beside the event log that lies in the same database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Self

import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from commands.ports import Fault
from commands.snapshots import Snapshot
from domain.identity import TenantId

CONNECTIONS_MAX = 2
WAIT_S_MAX = 2.0  # for a connection: a stream that is replayed instead takes less
SCHEMA_LOCK = 7_105_133  # two processes that create a table at once would refuse one another
SCHEMA = """CREATE TABLE IF NOT EXISTS cx_snapshots (
    tenant text, stream text, version bigint NOT NULL, fingerprint text NOT NULL,
    content bytea NOT NULL, PRIMARY KEY (tenant, stream))"""
NEWEST = "SELECT version, fingerprint, content FROM cx_snapshots WHERE tenant = %s AND stream = %s"
KEPT = """
INSERT INTO cx_snapshots AS kept VALUES (%s, %s, %s, %s, %s) ON CONFLICT (tenant, stream)
DO UPDATE SET version = excluded.version, fingerprint = excluded.fingerprint,
content = excluded.content
WHERE excluded.version > kept.version OR excluded.fingerprint != kept.fingerprint
"""


class SnapshotsUnreachable(Fault):
    """The snapshots cannot be read or written."""


class PostgresSnapshots:
    """`Snapshots` over `cx_snapshots`; open it with `async with`, in one event loop.

    The server may be away when it opens: each call that needs it then raises
    `SnapshotsUnreachable`.
    """

    def __init__(self, url: str) -> None:
        self._pool: AsyncConnectionPool[psycopg.AsyncConnection[TupleRow]] = AsyncConnectionPool(
            url,
            min_size=0,
            max_size=CONNECTIONS_MAX,
            timeout=WAIT_S_MAX,
            kwargs={"autocommit": True},
            check=AsyncConnectionPool.check_connection,
            open=False,
        )
        self._prepared = False
        self._preparing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self._pool.open(wait=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.close()

    async def newest(self, tenant: TenantId, stream: str) -> Snapshot | None:
        async with self._connection() as connection:
            row = await (await connection.execute(NEWEST, (tenant, stream))).fetchone()
        return None if row is None else Snapshot(int(row[0]), str(row[1]), bytes(row[2]))

    async def keep(self, tenant: TenantId, stream: str, snapshot: Snapshot) -> None:
        async with self._connection() as connection:
            await connection.execute(KEPT, (tenant, stream, *snapshot))

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        try:
            async with self._pool.connection() as connection:
                await self._prepare(connection)
                yield connection
        except (psycopg.Error, PoolTimeout) as error:
            raise SnapshotsUnreachable(str(error)) from error

    async def _prepare(self, connection: psycopg.AsyncConnection[Any]) -> None:
        async with self._preparing:
            if self._prepared:
                return
            async with connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock(%s)", (SCHEMA_LOCK,))
                await connection.execute(SCHEMA)
            self._prepared = True
