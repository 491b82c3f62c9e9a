"""The key ring in PostgreSQL: for installations whose processes share no directory."""

import asyncio
import contextlib
import hmac
from collections.abc import AsyncIterator
from typing import Any, Self

import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.subject_keys import SubjectKeyRing
from commands.ports import KeysUnreachable, Subject
from domain.identity import TenantId

CONNECTIONS_MAX = 4
WAIT_S_MAX = 5.0  # for a connection
SCHEMA_LOCK = 7_105_131  # two processes that create a table at once would refuse one another
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS cx_key_ring (one int PRIMARY KEY CHECK (one = 1), mark bytea)",
    """CREATE TABLE IF NOT EXISTS cx_subject_keys (
        tenant text, ref text, lookup bytea NOT NULL, wrapped bytea NOT NULL,
        PRIMARY KEY (tenant, ref), UNIQUE (tenant, lookup))""",
)
MARKED = "INSERT INTO cx_key_ring VALUES (1, %s) ON CONFLICT DO NOTHING"
MARK = "SELECT mark FROM cx_key_ring"
ADDED = (
    "INSERT INTO cx_subject_keys VALUES (%s, %s, %s, %s)"
    " ON CONFLICT (tenant, lookup) DO NOTHING RETURNING ref"
)
FOUND = "SELECT ref FROM cx_subject_keys WHERE tenant = %s AND lookup = %s"
KEPT = "SELECT wrapped FROM cx_subject_keys WHERE tenant = %s AND ref = %s"
REMOVED = "DELETE FROM cx_subject_keys WHERE tenant = %s AND ref = %s RETURNING ref"


class PostgresKeyRing(SubjectKeyRing):
    """`KeyRing` over `cx_subject_keys`; open it with `async with`, in one event loop.

    The server may be away when it opens: each call that needs it then raises
    `KeysUnreachable`, and so does a database whose ring was made with another secret.
    """

    def __init__(self, url: str, secret: bytes, *, wait_s_max: float = WAIT_S_MAX) -> None:
        super().__init__(secret)
        self._pool: AsyncConnectionPool[psycopg.AsyncConnection[TupleRow]] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=CONNECTIONS_MAX,
            timeout=wait_s_max,
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

    async def _ref_of(self, tenant: TenantId, lookup: bytes) -> str | None:
        row = await self._row(FOUND, tenant, lookup)
        return None if row is None else str(row[0])

    async def _added(self, tenant: TenantId, ref: str, lookup: bytes, wrapped: bytes) -> str:
        while True:
            added = await self._row(ADDED, tenant, ref, lookup, wrapped)
            kept = added or await self._row(FOUND, tenant, lookup)
            if kept is not None:  # Else someone was there and was erased in between.
                return str(kept[0])

    async def _wrapped(self, subject: Subject) -> bytes | None:
        row = await self._row(KEPT, *subject)
        return None if row is None else bytes(row[0])

    async def _removed(self, subject: Subject) -> bool:
        removed = await self._row(REMOVED, *subject)
        await self._row("VACUUM cx_subject_keys")  # a deleted row stays in its page until then
        return removed is not None

    async def _row(self, statement: str, *parameters: object) -> tuple[Any, ...] | None:
        async with self._connection() as connection:
            cursor = await connection.execute(statement.encode(), parameters)
            return await cursor.fetchone() if cursor.description else None

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[psycopg.AsyncConnection[TupleRow]]:
        try:
            async with self._pool.connection() as connection:
                if not self._prepared:
                    await self._prepare(connection)
                yield connection
        except psycopg.Error as error:
            raise KeysUnreachable(str(error)) from error

    async def _prepare(self, connection: psycopg.AsyncConnection[TupleRow]) -> None:
        async with self._preparing, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", (SCHEMA_LOCK,))
            for statement in SCHEMA:
                await connection.execute(statement.encode())
            await connection.execute(MARKED, (self._mark,))
            row = await (await connection.execute(MARK)).fetchone()
        if row is None or not hmac.compare_digest(bytes(row[0]), self._mark):
            raise KeysUnreachable("the key ring of this database was made with another secret")
        self._prepared = True
