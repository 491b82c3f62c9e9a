"""One hot-path worker: its parts put together, started, kept in time and stopped.

Workers share the port with SO_REUSEPORT; each has its own link to the log and its own counters.
"""

import asyncio
import contextlib
import gc
import time
from collections.abc import Sequence

from hotpath.access import AccessBook
from hotpath.ledger_cy import Ledger
from hotpath.limits import Limits
from hotpath.metrics import exposition
from hotpath.metrics_cy import Meters
from hotpath.notices import Notices
from hotpath.pixels_cy import Pixels
from hotpath.ports import Bidder
from hotpath.publisher import Publisher, PublisherSettings
from hotpath.publisher_cy import Link
from hotpath.server_cy import Connection
from hotpath.server_door_cy import Door
from hotpath.server_peers import Peers
from hotpath.server_replies import Replies
from hotpath.server_routes import Routes
from hotpath.token import Tokens

BACKLOG = 4096
ACKS_CHECKED_EVERY_S = 0.1
NANOSECONDS = 1_000_000_000
# Requests leave little garbage in cycles; collecting seldom keeps pauses out of the p99.
GC_THRESHOLDS = (50_000, 20, 20)


class Worker:
    """A worker on the running loop: `start`, then `stop`; `port` is known in between."""

    def __init__(
        self,
        *,
        publisher: PublisherSettings,
        access: AccessBook,
        bidder: Bidder,
        notice_secret: bytes,
        trusted_proxies: Sequence[str] = (),
        worker_index: int = 0,
        limits: Limits | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self._limits = limits or Limits()
        self._access, self._bidder = access, bidder
        self._index = worker_index
        self._meters = Meters()
        replies = Replies()
        self.ledger = Ledger(loop, self._limits, self._meters, partitions=publisher.partitions)
        self.publisher = Publisher(publisher, on_link=self._relink)
        routes = Routes(
            replies=replies,
            access=access,
            bidder=bidder,
            notices=Notices(Tokens(notice_secret), replies),
            readiness=self.readiness,
            exposition=self._exposition,
            body_bytes_max=self._limits.body_bytes_max,
        )
        pixels = Pixels(self.ledger, access, replies)
        peers = Peers(trusted_proxies)
        self.door = Door(self.ledger, pixels, replies, peers, self._limits, routes)
        self._tasks: list[asyncio.Task[None]] = []
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Open the port (0: any free one) and begin to connect to the log."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self.door), host, port, reuse_port=True, backlog=BACKLOG
        )
        self.port = self._server.sockets[0].getsockname()[1]
        ways = (self.publisher.run(), self._tick(), self._check_acks())
        self._tasks = [loop.create_task(way) for way in ways]

    async def run_until(self, stop: asyncio.Event) -> None:
        """Wait for `stop`; raises what ended one of our own tasks, which none of them should."""
        stopping = asyncio.create_task(stop.wait())
        try:
            ended, _ = await asyncio.wait(
                [stopping, *self._tasks], return_when=asyncio.FIRST_COMPLETED
            )
            for task in ended:
                task.result()
        finally:
            stopping.cancel()

    async def stop(self) -> None:
        """Take no more connections, answer what was begun, then close everything."""
        if self._server is not None:
            self._server.close()
        self.door.stop()
        deadline = time.monotonic() + self._limits.stop_s_max
        # Connections end when their clients are served; nobody tells when the last one has.
        while self.door.open_connections and time.monotonic() < deadline:  # noqa: ASYNC110 - above
            await asyncio.sleep(0.01)
        self.door.abort()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def readiness(self) -> dict[str, str]:
        """Return each dependency with its state."""
        return {
            "nats": self.publisher.state,
            "streams": "present" if self.publisher.streams_present else "unknown",
            "campaign_index": "loaded" if self._bidder.loaded else "loading",
            "access": "loaded" if self._access.loaded else "loading",
            "door": "closing" if self.door.stopping else "open",
        }

    def _relink(self, link: Link | None) -> None:
        if link is None:
            self.ledger.detach()
        else:
            self.ledger.attach(link)

    def _exposition(self) -> bytes:
        gauges = {
            "open_connections": self.door.open_connections,
            "batches_in_flight": self.ledger.in_flight,
            "answers_waiting": self.ledger.waiting,
            "log_connected": int(self.ledger.attached),
            "log_reconnects": self.publisher.reconnects,
        }
        return exposition(self._meters, worker=self._index, gauges=gauges)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(1)
            self.door.tick()

    async def _check_acks(self) -> None:
        patience_ns = int(self._limits.ack_s_max * NANOSECONDS)
        while True:
            await asyncio.sleep(ACKS_CHECKED_EVERY_S)
            self.publisher.expire(time.monotonic_ns() - patience_ns)


async def serve(
    *,
    host: str,
    port: int,
    publisher: PublisherSettings,
    access: AccessBook,
    bidder: Bidder,
    notice_secret: bytes,
    trusted_proxies: Sequence[str] = (),
    worker_index: int = 0,
    stop: asyncio.Event,
    limits: Limits | None = None,
) -> None:
    """Run one worker until `stop` is set; run it under uvloop.

    `access` and `bidder` are replaced from outside while it runs. `trusted_proxies` are networks
    whose X-Forwarded-For is believed.
    Raises OSError when the port cannot be had.
    """
    worker = Worker(
        publisher=publisher,
        access=access,
        bidder=bidder,
        notice_secret=notice_secret,
        trusted_proxies=trusted_proxies,
        worker_index=worker_index,
        limits=limits,
    )
    await worker.start(host, port)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    try:
        await worker.run_until(stop)
    finally:
        await worker.stop()
