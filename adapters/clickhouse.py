"""Makes ClickHouse clients: the same for the embedded door and for a cluster."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import clickhouse_connect
from clickhouse_connect import common
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError

from commands.ports import Fault

DATABASE = "cx"
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
        raise ValueError(f"A ClickHouse URL starts with http:// or https:// and a host, not {url!r}")
    return {
        "interface": parts.scheme,
        "host": parts.hostname,
        "port": parts.port or PORTS[parts.scheme],
        "username": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else "",
        "database": parts.path.strip("/") or DATABASE,
        "compress": False,
        "send_receive_timeout": 60,
        **{k: int(v) if v.isdigit() else v for k, v in parse_qsl(parts.query)},
    }


async def client(url: str) -> AsyncClient:
    """Return a connected client for `url`; raises `ClickHouseUnreachable`.

    Close it with `await client.close()`. The database `cx` need not exist yet.
    """
    wanted = arguments(url)
    try:
        return await clickhouse_connect.get_async_client(**wanted)
    except (ClickHouseError, OSError) as error:
        raise ClickHouseUnreachable(f"ClickHouse does not answer: {error}") from error


__all__ = ["DATABASE", "ClickHouseUnreachable", "DatabaseError", "arguments", "client"]
