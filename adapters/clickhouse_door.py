"""Serves ClickHouse's HTTP interface from the engine in this process, on loopback only.

Enough of https://clickhouse.com/docs/interfaces/http for clickhouse-connect's sync and async
clients. A result is whole before its status is sent, so a failure half-way is still an error.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import threading
import uuid
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import lz4.frame  # type: ignore[import-untyped] # it ships no types
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from adapters.clickhouse_engine import DATABASE, Answer, Engine, EngineError, Locked, opened
from adapters.clickhouse_statement import Statement, Unreadable, statement

BODY_BYTES_MAX = 64 << 20
HEADER_S_MAX = 10.0
BODY_S_MAX = 60.0
STOP_S_MAX = 3.0
WAITING_MAX = 256

# ClickHouse's own mapping for the codes our clients meet; anything else is 500.
STATUS = {27: 400, 36: 400, 43: 400, 46: 404, 47: 404, 60: 404, 62: 400, 81: 404, 115: 404}
STATUS |= {159: 408, 164: 403, 202: 503, 241: 507, 396: 413, 456: 400, 457: 400}
BAD_REQUEST, READ_ONLY, TOO_MANY = 36, 164, 202

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Door:
    """HTTP in, statements out."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting = 0

    async def ping(self, _request: web.Request) -> web.Response:
        return web.Response(text="Ok.\n")

    async def ask(self, request: web.Request) -> web.Response:
        """Run the request's statement and answer with its whole result."""
        try:
            asked = await _asked(request)
        except Unreadable as error:
            return _refused(BAD_REQUEST, str(error))
        if request.method == "GET" and not asked.is_read:
            return _refused(READ_ONLY, "GET only reads. Send this statement with POST.")
        if self._waiting >= WAITING_MAX:
            return _refused(TOO_MANY, f"{WAITING_MAX} statements already wait.")
        query_id = request.query.get("query_id") or str(uuid.uuid4())
        self._waiting += 1
        try:
            answer = await self._run(asked)
        except EngineError as error:
            return _failed(error.code, str(error), query_id)
        finally:
            self._waiting -= 1
        return _answered(asked, answer, query_id)

    async def _run(self, asked: Statement) -> Answer:
        pool = self._engine.pool(asked)
        return await asyncio.get_running_loop().run_in_executor(pool.threads, pool.run, asked)


async def _asked(request: web.Request) -> Statement:
    arguments = dict(request.query)
    try:
        async with asyncio.timeout(BODY_S_MAX):
            if request.content_type == "multipart/form-data":
                form = await request.post()
                arguments |= {name: _field(name, value) for name, value in form.items()}
                body = b""
            else:
                body = _decoded(await request.read(), request.headers)
    except TimeoutError:
        raise Unreadable(f"The body did not arrive within {BODY_S_MAX:.0f} s.") from None
    return statement(arguments, body, database=DATABASE)


def _field(name: str, value: str | bytes | bytearray | web.FileField) -> str:
    if isinstance(value, str):
        return value
    raise Unreadable(f"The form field {name!r} is a file; external tables are not supported.")


def _decoded(body: bytes, headers: Mapping[str, str]) -> bytes:
    """Undo lz4; aiohttp has undone gzip, deflate, br and zstd already."""
    if headers.get("Content-Encoding", "").lower() != "lz4":
        return body
    unpacker = lz4.frame.LZ4FrameDecompressor()
    try:
        unpacked: bytes = unpacker.decompress(body, max_length=BODY_BYTES_MAX)
    except RuntimeError as error:
        raise Unreadable(f"The body is not lz4: {error}") from error
    if not unpacker.eof:
        raise Unreadable(f"The lz4 body is cut short or unpacks to over {BODY_BYTES_MAX} bytes.")
    return unpacked


def _answered(asked: Statement, answer: Answer, query_id: str) -> web.Response:
    summary = {
        "read_rows": str(answer.rows_read),
        "read_bytes": str(answer.bytes_read),
        "written_rows": str(answer.rows_written),
        "written_bytes": str(answer.bytes_written),
        "elapsed_ns": str(int(answer.elapsed_s * 1e9)),
    }
    headers = _headers(query_id) | {"X-ClickHouse-Summary": json.dumps(summary)}
    if asked.is_read:
        headers["X-ClickHouse-Format"] = asked.format
    return web.Response(body=answer.body, headers=headers, content_type="application/octet-stream")


def _headers(query_id: str) -> dict[str, str]:
    return {
        "X-ClickHouse-Query-Id": query_id,
        "X-ClickHouse-Timezone": "UTC",
        "X-ClickHouse-Server-Display-Name": "cx",
    }


def _refused(code: int, sentence: str) -> web.Response:
    return _failed(code, f"Code: {code}. DB::Exception: {sentence}", str(uuid.uuid4()))


def _failed(code: int, text: str, query_id: str) -> web.Response:
    headers = _headers(query_id) | {"X-ClickHouse-Exception-Code": str(code)}
    return web.Response(status=STATUS.get(code, 500), text=text + "\n", headers=headers)


@web.middleware
async def _no_browsers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what a web page sends: the door has no password and any page can reach loopback."""
    if "Origin" in request.headers or "Sec-Fetch-Site" in request.headers:
        return web.Response(status=403, text="Browsers may not speak to this door.\n")
    return await handler(request)


class Listener:
    """Makes connections and closes those that never finish their first header."""

    def __init__(self, header_s_max: float = HEADER_S_MAX) -> None:
        self._header_s_max = header_s_max
        self._silent: set[asyncio.BaseProtocol] = set()

    def connections(self, server: web.Server) -> Callable[[], asyncio.BaseProtocol]:
        """Return the protocol factory of `server` with a limit on a silent beginning."""

        def made() -> asyncio.BaseProtocol:
            connection = server()
            self._silent.add(connection)
            asyncio.get_running_loop().call_later(self._header_s_max, self._judge, connection)
            return connection

        return made

    @web.middleware
    async def heard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._silent.discard(request.protocol)
        return await handler(request)

    def _judge(self, connection: RequestHandler) -> None:
        if connection in self._silent:
            self._silent.discard(connection)
            connection.force_close()


def application(engine: Engine, listener: Listener) -> web.Application:
    door = Door(engine)
    middlewares = [listener.heard, _no_browsers]
    app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=middlewares)
    app.router.add_get("/ping", door.ping)
    app.router.add_get("/", door.ask)
    app.router.add_post("/", door.ask)
    return app


async def serve(directory: Path, port: int) -> None:
    """Serve until SIGTERM or SIGINT, then stop within `STOP_S_MAX` and a second."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    engine = await asyncio.to_thread(opened, directory)
    listener = Listener()
    app = application(engine, listener)
    runner = web.AppRunner(app, access_log=None, keepalive_timeout=75, shutdown_timeout=1.0)
    await runner.setup()
    assert runner.server is not None  # noqa: S101 - setup() made it
    factory = listener.connections(runner.server)
    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", port)
    await stop.wait()
    server.close()
    await runner.cleanup()
    closing = threading.Thread(target=engine.close, daemon=True)
    closing.start()
    closing.join(STOP_S_MAX)  # a long read may outlive this; what was answered is on disk


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    try:
        asyncio.run(serve(options.dir, options.port))
    except Locked as error:
        sys.exit(str(error))
    os._exit(0)  # without waiting for the threads of reads that still run


if __name__ == "__main__":
    main()
