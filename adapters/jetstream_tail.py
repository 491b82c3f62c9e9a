"""Reads one stream in order from a sequence on, heals itself, and counts what is missing."""

import asyncio
import contextlib
import json
from collections import deque
from typing import NamedTuple, Self

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from adapters.jetstream import JetStreamUnreachable

PULL_MESSAGES = 512
PULL_BYTES = 8 << 20
PULL_S = 30.0
HEARTBEAT_S = 1.0
SILENCE_S_MAX = 3.5
INACTIVE_S_MAX = 300.0
NANOSECONDS = 1_000_000_000
FATAL = ("Consumer Deleted", "Leadership Change", "Server Shutdown", "Consumer is push based")

log = structlog.get_logger()


class Message(NamedTuple):
    """One message of the stream; `pending` are those behind it that are not delivered yet."""

    seq: int
    payload: bytes
    pending: int


class Gap(NamedTuple):
    """Sequences that the stream will never deliver: it lost them, or they were too old."""

    first: int
    last: int


class StreamRewound(JetStreamUnreachable):
    """The stream ends before what was read from it already: it is not the same stream."""


class Tail:
    """Everything in `stream` behind sequence `after`, each message once and in order.

    Deliveries are not acknowledged: the place is kept by whoever reads. When one is lost on the
    way (the consumer's own count jumps), the consumer is made anew behind the last one taken.
    A jump in the stream's count alone is a `Gap`: the message does not exist any more.
    """

    def __init__(self, connection: Client, stream: str, *, after: int) -> None:
        self.after = after
        self.gaps: list[Gap] = []
        self._connection = connection
        self._stream = stream
        self._inbox: Subscription | None = None
        self._consumer = ""
        self._delivered = 0
        self._outstanding = 0
        self._heard_at = 0.0
        self._dead = ""
        self._arrived: deque[Msg] = deque()
        self._something = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._forget()

    async def take(self, *, limit: int, wait_s: float) -> list[Message]:
        """Return up to `limit` messages, waiting up to `wait_s` for the first.

        Raises `JetStreamUnreachable` and `StreamRewound`.
        """
        try:
            return await self._take(limit, wait_s)
        except (NatsError, OSError) as error:
            await self._forget()
            raise JetStreamUnreachable(f"{self._stream} cannot be read: {error!r}") from error

    async def _take(self, limit: int, wait_s: float) -> list[Message]:
        if self._inbox is None:
            await self._follow()
        await self._ask()
        if not self._arrived:
            self._something.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._something.wait()
            if not self._arrived:
                self._check_alive()
        return self._drain(limit)

    def _drain(self, limit: int) -> list[Message]:
        taken: list[Message] = []
        while self._arrived and len(taken) < limit:
            message = self._accept(self._arrived.popleft())
            if message is not None:
                taken.append(message)
        return taken

    def _accept(self, arrived: Msg) -> Message | None:
        meta = arrived.metadata
        seq, delivery = meta.sequence.stream, meta.sequence.consumer
        self._outstanding -= 1
        if delivery != self._delivered + 1:
            self._lose(f"delivery {delivery} after {self._delivered}")
            return None
        self._delivered = delivery
        if seq != self.after + 1:
            self.gaps.append(Gap(self.after + 1, seq - 1))
        self.after = seq
        return Message(seq, arrived.data, meta.num_pending)

    def _lose(self, why: str) -> None:
        """Drop what has arrived; the next `take` makes a consumer behind the last one taken."""
        log.warning("stream tail starts anew", stream=self._stream, after=self.after, why=why)
        self._arrived.clear()
        self._consumer = ""

    async def _follow(self) -> None:
        context = self._connection.jetstream()
        state = (await context.stream_info(self._stream)).state
        if state.last_seq < self.after:
            raise StreamRewound(
                f"The stream {self._stream} ends at {state.last_seq}, but {self.after} was read "
                "from it before. It was deleted or restored: its new facts would be taken for "
                "old ones. Restore the stream, or start with an empty ClickHouse database."
            )
        if state.first_seq > self.after + 1:
            self.gaps.append(Gap(self.after + 1, state.first_seq - 1))
            self.after = state.first_seq - 1
        config = ConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=self.after + 1,
            ack_policy=AckPolicy.NONE,
            inactive_threshold=INACTIVE_S_MAX,
            mem_storage=True,
            num_replicas=1,
        )
        made = await context.add_consumer(self._stream, config)
        self._consumer, self._dead = made.name, ""
        self._delivered = self._outstanding = 0
        inbox = self._connection.new_inbox()
        self._inbox = await self._connection.subscribe(inbox, cb=self._heard)

    async def _heard(self, arrived: Msg) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        status = (arrived.headers or {}).get("Status") if not arrived.data else None
        if status is None:
            self._arrived.append(arrived)
        elif status != "100":  # a heartbeat is 100; after any other this pull is over
            self._outstanding = 0
            said = f"{status} {(arrived.headers or {}).get('Description', '')}"
            if status == "503" or any(words in said for words in FATAL):
                self._dead = said
        self._something.set()

    async def _ask(self) -> None:
        if not self._consumer:
            await self._forget()
            await self._follow()
        if self._outstanding > 0 or self._inbox is None:
            return
        self._outstanding = PULL_MESSAGES
        self._heard_at = asyncio.get_running_loop().time()
        pull = {
            "batch": PULL_MESSAGES,
            "max_bytes": PULL_BYTES,
            "expires": int(PULL_S * NANOSECONDS),
            "idle_heartbeat": int(HEARTBEAT_S * NANOSECONDS),
        }
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._consumer}"
        await self._connection.publish(subject, json.dumps(pull).encode(), self._inbox.subject)

    def _check_alive(self) -> None:
        silent_s = asyncio.get_running_loop().time() - self._heard_at
        if silent_s > SILENCE_S_MAX:
            self._lose(f"nothing heard for {silent_s:.0f} s")
        elif self._dead:
            self._lose(self._dead)

    async def _forget(self) -> None:
        inbox, self._inbox = self._inbox, None
        consumer, self._consumer = self._consumer, ""
        self._arrived.clear()
        if inbox is None or not self._connection.is_connected:
            return
        with contextlib.suppress(NatsError, OSError):  # the server forgets it after a while anyway
            await inbox.unsubscribe()
            if consumer:
                await self._connection.jetstream().delete_consumer(self._stream, consumer)
