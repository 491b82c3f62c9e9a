"""Our own NATS publisher: stays connected, makes sure the streams exist, and says how it stands.

URLs are `nats://[user:password@|token@]host[:port]`, several separated by commas. TLS, NKeys and
credentials files are not spoken. JetStream's API is that of docs.nats.io, "NATS API Reference".
"""

import asyncio
import logging
import os
import random
from collections.abc import Callable, Iterator
from urllib.parse import unquote, urlsplit

import msgspec

from hotpath.publisher_cy import Link, Waiting

LOG = logging.getLogger("hotpath.publisher")
CONNECT_S_MAX = 5.0
BACKOFF_S_MIN, BACKOFF_S_MAX = 0.05, 2.0
PING_S = 5.0
NANOSECONDS = 1_000_000_000
STREAM_NOT_FOUND = 10059


class PublisherSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the log is and how its streams are made when they are not there yet."""

    url: str
    partitions: int = 1
    replicas: int = 1
    max_age_s: int = 3 * 24 * 3600
    duplicate_window_s: int = 120


class Server(msgspec.Struct, frozen=True):
    """One server of the URL, with what CONNECT must say to it."""

    host: str
    port: int
    credentials: dict[str, str]


class ApiError(msgspec.Struct, frozen=True):
    """Why JetStream's API declined."""

    description: str = "no reason given"
    err_code: int = 0


class ApiReply(msgspec.Struct, frozen=True):
    """As much of an API reply as matters here: whether it is an error."""

    error: ApiError | None = None


class StreamRefused(RuntimeError):
    """JetStream declined to show or make a stream."""


class _Reply(Waiting):
    """A reply somebody awaits."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.future: asyncio.Future[bytes] = loop.create_future()

    def answered(self, body: bytes) -> None:
        if not self.future.done():
            self.future.set_result(body)

    def lost(self, why: str) -> None:
        if not self.future.done():
            self.future.set_exception(ConnectionError(why))


def servers_of(url: str) -> list[Server]:
    """Return the servers a URL names; raises ValueError when it is not one of ours."""
    found = []
    for part in url.split(","):
        parts = urlsplit(part.strip())
        if parts.scheme != "nats" or not parts.hostname:
            raise ValueError(f"not a nats:// URL: {parts.hostname or 'no host'}")
        credentials = {}
        if parts.password is not None:
            credentials = {"user": unquote(parts.username or ""), "pass": unquote(parts.password)}
        elif parts.username:
            credentials = {"auth_token": unquote(parts.username)}
        found.append(Server(parts.hostname, parts.port or 4222, credentials))
    return found


def stream_config(partition: int, settings: PublisherSettings) -> dict[str, object]:
    """Return JetStream's configuration of one partition's stream."""
    return {
        "name": f"FACTS_{partition:02d}",
        "subjects": [f"facts.{partition:02d}.*"],
        "retention": "limits",
        "storage": "file",
        "discard": "old",
        "num_replicas": settings.replicas,
        "max_age": settings.max_age_s * NANOSECONDS,
        "duplicate_window": settings.duplicate_window_s * NANOSECONDS,
        "max_msgs": -1,
        "max_bytes": -1,
        "max_consumers": -1,
    }


class Publisher:
    """Keeps one link to the log; `on_link` hears of each one, and of None when it is gone."""

    def __init__(
        self, settings: PublisherSettings, *, on_link: Callable[[Link | None], None]
    ) -> None:
        self._settings = settings
        self._servers = servers_of(settings.url)
        self._on_link = on_link
        self.link: Link | None = None
        self.state = "connecting"
        self.streams_present = False
        self.reconnects = 0

    async def run(self) -> None:
        """Connect, and connect again, until cancelled."""
        pauses = _pauses()
        attempt = 0
        while True:
            server = self._servers[attempt % len(self._servers)]
            attempt += 1
            try:
                link = await self._connect(server)
                await self._ensure_streams(link)
            except (OSError, TimeoutError, StreamRefused, msgspec.DecodeError) as failure:
                self._gone(f"unreachable: {str(failure) or type(failure).__name__}")
            else:
                pauses = _pauses()
                await self._serve(link)
                self.reconnects += 1
            await asyncio.sleep(next(pauses))

    def expire(self, older_than_ns: int) -> None:
        """Give up every message published before this moment of `time.monotonic_ns()`."""
        if self.link is not None:
            self.link.expire(older_than_ns)

    def close(self) -> None:
        """Cut the link; who still waits is told."""
        if self.link is not None:
            self.link.abort("closing")

    async def _connect(self, server: Server) -> Link:
        loop = asyncio.get_running_loop()
        said = {"verbose": False, "pedantic": False, "lang": "python", "version": "1"}
        more = {"name": "cx-hot", "protocol": 1, "headers": True, "no_responders": True}
        link = Link(loop, os.urandom(11).hex(), {**said, **more, **server.credentials})
        async with asyncio.timeout(CONNECT_S_MAX):
            await loop.create_connection(lambda: link, server.host, server.port)
            try:
                await link.opened
            except asyncio.CancelledError:
                link.abort("no greeting in time")
                raise
        return link

    async def _serve(self, link: Link) -> None:
        self.link = link
        self.state, self.streams_present = "connected", True
        self._on_link(link)
        try:
            while not link.closed.done():
                await asyncio.wait([link.closed], timeout=PING_S)
                link.ping()
        finally:
            link.abort("closing" if not link.closed.done() else link.closed.result())
            self._gone("disconnected")

    def _gone(self, why: str) -> None:
        if self.link is not None or self.state != why:
            LOG.warning("log %s", why)
        self.link = None
        self.state = why
        self._on_link(None)

    async def _ensure_streams(self, link: Link) -> None:
        self.streams_present = False
        try:
            for partition in range(self._settings.partitions):
                await self._ensure(link, stream_config(partition, self._settings))
        except BaseException:
            link.abort("streams are not there")
            raise

    async def _ensure(self, link: Link, config: dict[str, object]) -> None:
        # One that exists is left as it is: operators may have changed its replicas or ages.
        shown = await self._request(link, f"$JS.API.STREAM.INFO.{config['name']}", b"")
        if shown is None:
            return
        if shown.err_code != STREAM_NOT_FOUND:
            raise StreamRefused(shown.description)
        body = msgspec.json.encode(config)
        refused = await self._request(link, f"$JS.API.STREAM.CREATE.{config['name']}", body)
        if refused is not None:
            raise StreamRefused(refused.description)

    async def _request(self, link: Link, subject: str, body: bytes) -> ApiError | None:
        reply = _Reply(asyncio.get_running_loop())
        link.publish(subject.encode("ascii"), body, reply)
        async with asyncio.timeout(CONNECT_S_MAX):
            return msgspec.json.decode(await reply.future, type=ApiReply).error


def _pauses() -> Iterator[float]:
    pause = BACKOFF_S_MIN
    while True:
        # Spread out, so that workers do not all come back in the same instant.
        yield pause * random.uniform(0.5, 1.0)  # noqa: S311 - a pause is no secret
        pause = min(pause * 2, BACKOFF_S_MAX)
