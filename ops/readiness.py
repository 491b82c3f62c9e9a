"""Is a server ready? One question per kind of server, asked over loopback."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

Probe = Callable[[int], Awaitable[bool]]

ANSWER_WITHIN_S = 2.0
BYTES_MAX = 65_536


async def nats(port: int) -> bool:
    """NATS greets with INFO; JetStream is enabled once it says so there."""
    return b'"jetstream":true' in await _said(port, b"")


async def valkey(port: int) -> bool:
    """Valkey answers -LOADING until its append-only file is read."""
    return (await _said(port, b"PING\r\n")).startswith(b"+PONG")


async def clickhouse(port: int) -> bool:
    return await status_of(port, "/ping") == 200  # noqa: PLR2004 - HTTP's own number


async def http(port: int) -> bool:
    return await status_of(port, "/readyz") == 200  # noqa: PLR2004 - HTTP's own number


async def status_of(port: int, path: str) -> int:
    """Return the status of `GET path`, 0 when nobody answers."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    line = (await _said(port, request.encode())).split(b"\r\n", 1)[0].split(b" ")
    return int(line[1]) if len(line) > 1 and line[1].isdigit() else 0


async def _said(port: int, question: bytes) -> bytes:
    """Return the first bytes a server says after `question`; b"" when it does not."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with contextlib.closing(writer):
                writer.write(question)
                return await reader.read(BYTES_MAX)
    except (OSError, TimeoutError):
        return b""
