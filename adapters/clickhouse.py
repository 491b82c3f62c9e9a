"""Makes ClickHouse clients: the same for the embedded door and for a cluster."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import aiohttp
import clickhouse_connect
from clickhouse_connect import common
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.exceptions import ClickHouseError

from commands.ports import Fault
from migrations.runner import migrate

DATABASE = "cx"
DATABASE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
READ_SETTINGS = {"max_execution_time": 10}
PORTS = {"http": 8123, "https": 8443}

# Each statement stands alone: sessions would serialise a client's own requests.
common.set_setting("autogenerate_session_id", False)  # noqa: FBT003 - the library's own signature


class ClickHouseUnreachable(Fault):
    """ClickHouse does not answer; the same statement may succeed later."""


def arguments(url: str) -> dict[str, Any]:
    """Return a client's arguments from `http[s]://[user[:password]@]host[:port][/database]`.

    The URL's query may carry client arguments of text or whole numbers, such as
    `?send_receive_timeout=30`. Raises `ValueError` with a sentence.
    """
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError(
            f"A ClickHouse URL starts with http:// or https:// and a host, not {url!r}"
        )
    database = parts.path.strip("/") or DATABASE
    if not DATABASE_NAME.fullmatch(database):
        raise ValueError(f"A ClickHouse database is letters, digits and _, not {database!r}")
    return {
        "interface": parts.scheme,
        "host": parts.hostname,
        "port": parts.port or PORTS[parts.scheme],
        "username": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else "",
        "database": database,
        "compress": False,
        "send_receive_timeout": 60,
        **{k: int(v) if v.isdigit() else v for k, v in parse_qsl(parts.query)},
    }


async def client(url: str) -> AsyncClient:
    """Return a connected client for `url`; raises `ClickHouseUnreachable`.

    Its database must be there: see `prepare`. Close it with `await client.close()`.
    """
    return await _connected(arguments(url))


async def prepare(url: str) -> list[str]:
    """Make the database of `url` and bring its schema up to date.

    Returns the steps applied now. Raises `ClickHouseUnreachable` and `SchemaRefused`.
    """
    wanted = arguments(url)
    creating = await _connected(wanted | {"database": "default"})
    try:
        async with reached():
            await creating.command(f"CREATE DATABASE IF NOT EXISTS {wanted['database']}")
    finally:
        await creating.close()
    migrating = await _connected(wanted)
    try:
        return await migrate(Schema(migrating))
    finally:
        await migrating.close()


class Reader:
    """Asks questions over one client, made at the first of them and kept."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: AsyncClient | None = None
        self._opening = asyncio.Lock()

    async def rows(self, sql: str, parameters: dict[str, Any]) -> Sequence[Sequence[Any]]:
        """Return what a query found within 10 s; raises `ClickHouseUnreachable`.

        `{name:Type}` in the query is filled from `parameters`.
        """
        connected = await self._connected()
        async with reached():
            found = await connected.query(sql, parameters=parameters, settings=READ_SETTINGS)
        return found.result_rows

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    async def _connected(self) -> AsyncClient:
        async with self._opening:
            if self._client is None:
                self._client = await client(self._url)
            return self._client


class Schema:
    """The database of a client as the schema runner sees it."""

    def __init__(self, connected: AsyncClient) -> None:
        self._client = connected

    async def command(self, sql: str, parameters: dict[str, str] | None = None) -> None:
        async with reached():
            await self._client.command(sql, parameters=parameters)

    async def rows(self, sql: str) -> Sequence[Sequence[object]]:
        async with reached():
            return (await self._client.query(sql)).result_rows


@asynccontextmanager
async def reached() -> AsyncIterator[None]:
    """Turn what a client raises into `ClickHouseUnreachable`, the client's error as its cause."""
    try:
        yield
    except (ClickHouseError, aiohttp.ClientError, OSError) as error:
        said = "failed the statement" if getattr(error, "code", None) else "does not answer"
        raise ClickHouseUnreachable(f"ClickHouse {said}: {error}") from error


async def _connected(wanted: dict[str, Any]) -> AsyncClient:
    async with reached():
        return await clickhouse_connect.get_async_client(**wanted)
