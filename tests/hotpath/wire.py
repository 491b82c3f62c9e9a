"""A hot-path worker on its own uvloop thread, and raw sockets to speak to it."""

import asyncio
import contextlib
import json
import socket
import threading
import time
from hashlib import sha256

import uvloop

from hotpath.access import AccessBook, Holder
from hotpath.facts import decode_batch, decode_row, encode_row, fresh_event_id
from hotpath.limits import Limits
from hotpath.ports import Answer
from hotpath.publisher import PublisherSettings
from hotpath.server import Worker

SECRET = b"a notice secret of thirty-two by"
EXCHANGE_KEY, SITE_KEY = "xk-adx", "sk-acme"
TENANT = "acme"
PATIENCE_S = 15.0


def holder(key, use, tenant=TENANT):
    return Holder(sha256(key.encode()).hexdigest(), use, tenant, "adx")


class Echo:
    """A bidder that bids its own request back, so that every byte can be checked."""

    loaded = True

    def answer(self, body, exchange, _openrtb_version, received_ns):
        if body == b"boom":
            raise RuntimeError("a bidder that breaks")
        if body == b"not json":
            return Answer(400, b"", b"", [], "this is not JSON")
        kind = "no_bid" if body == b"none" else "bid"
        row = encode_row(
            fresh_event_id(), exchange.tenant, kind, received_ns // 1000, exchange=exchange.name
        )
        if kind == "no_bid":
            return Answer(204, b"", b"x-nbr: 8\r\n", [row], "size")
        return Answer(200, body, b"", [row, row], "")


class RunningWorker:
    """A started worker: `port`, `access`, and `call` to run something on its loop."""

    def __init__(self, url, *, limits=None, partitions=1, **options):
        self.access = AccessBook()
        self.access.replace([holder(EXCHANGE_KEY, "exchange"), holder(SITE_KEY, "site")])
        self.publisher = PublisherSettings(url=url, partitions=partitions)
        self._options = {"bidder": Echo()}
        self._options.update(limits=limits or Limits(), notice_secret=SECRET, **options)
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: uvloop.run(self._run()))

    async def _run(self):
        self.loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self.worker = Worker(publisher=self.publisher, access=self.access, **self._options)
        await self.worker.start("127.0.0.1", 0)
        self.port = self.worker.port
        self._started.set()
        await self._stop.wait()
        await self.worker.stop()

    def __enter__(self):
        self._thread.start()
        assert self._started.wait(PATIENCE_S)
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self._thread.is_alive():
            with contextlib.suppress(RuntimeError):
                self.loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()

    def ask_to_stop(self):
        self.loop.call_soon_threadsafe(self._stop.set)

    def ready(self):
        until(lambda: get(self.port, "/readyz").status == 200, "the worker is ready")
        return self


class Response:
    """One parsed response."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def problem(self):
        assert self.headers["content-type"] == "application/problem+json"
        return json.loads(self.body)


class Wire:
    """A raw connection: bytes out, responses in."""

    def __init__(self, port, timeout_s=PATIENCE_S):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout_s)
        self._file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()
        self.socket.close()

    def send(self, text):
        self.socket.sendall(text)
        return self

    def response(self, *, bodyless=False):
        line = self._file.readline()
        if not line:
            return None
        status = int(line.split()[1])
        headers = {}
        while (line := self._file.readline()) not in {b"\r\n", b""}:
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        size = 0 if bodyless else int(headers.get("content-length", 0))
        return Response(status, headers, self._file.read(size))

    def closed(self):
        """Whether the other side closes now, without another byte."""
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True


def request(target, method="GET", headers=(), body=b""):
    lines = [f"{method} {target} HTTP/1.1", "Host: x", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def get(port, target, **more):
    return ask(port, request(target, **more))


def ask(port, text):
    with Wire(port) as wire:
        return wire.send(text).response()


def until(claim, what, within_s=PATIENCE_S):
    deadline = time.monotonic() + within_s
    while not claim():
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(0.01)


async def rows_of(url, stream="FACTS_00"):
    """Read every row of a stream back, oldest first."""
    import nats  # noqa: PLC0415 - only those who read the log back need the client

    client = await nats.connect(url)
    try:
        jetstream = client.jetstream()
        state = (await jetstream.stream_info(stream)).state
        rows = []
        for seq in range(max(state.first_seq, 1), state.last_seq + 1):
            message = await jetstream.get_msg(stream, seq)
            rows += [decode_row(row) for row in decode_batch(message.data)]
        return rows
    finally:
        await client.close()


def facts(url, stream="FACTS_00"):
    return asyncio.run(rows_of(url, stream))
