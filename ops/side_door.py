"""A small HTTP door for processes that serve no one: `/healthz`, `/readyz`, `/metrics`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from http import HTTPStatus

import msgspec

Dependencies = Callable[[], Awaitable[Mapping[str, str]]]
Exposition = Callable[[], bytes]

REQUEST_WITHIN_S = 5.0
PLAIN = "text/plain; version=0.0.4"
JSON = "application/json"


@contextlib.asynccontextmanager
async def opened(
    port: int, *, dependencies: Dependencies, exposition: Exposition
) -> AsyncIterator[None]:
    """Answer on a loopback port until the block ends."""

    async def answer(path: str) -> tuple[HTTPStatus, str, bytes]:
        match path:
            case "/healthz":
                return HTTPStatus.OK, JSON, b'{"status":"ok"}'
            case "/readyz":
                states = await dependencies()
                ready = all(state == "ok" for state in states.values())
                said = {"status": "ready" if ready else "waiting", "dependencies": states}
                status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
                return status, JSON, msgspec.json.encode(said)
            case "/metrics":
                return HTTPStatus.OK, PLAIN, exposition()
            case _:
                return HTTPStatus.NOT_FOUND, JSON, b'{"status":"not found"}'

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
            async with asyncio.timeout(REQUEST_WITHIN_S):
                request = await reader.readuntil(b"\r\n\r\n")
                words = request.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
                status, kind, body = await answer(words[1].partition("?")[0])
                writer.write(_head(status, kind, len(body)) + body)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    async with server:
        yield


def _head(status: HTTPStatus, kind: str, length: int) -> bytes:
    return (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {length}\r\nConnection: close\r\n\r\n"
    ).encode()
