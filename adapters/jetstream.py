"""The streams of facts in NATS JetStream: making them, claiming blocks of them, dead letters."""

from typing import NamedTuple

import msgspec
import nats
import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, KeyValueConfig, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import (
    BadRequestError,
    BucketNotFoundError,
    KeyNotFoundError,
    KeyWrongLastSequenceError,
    NotFoundError,
)
from nats.js.kv import KeyValue

from commands.ports import Fault, Overtaken

DEAD_STREAM = "DLQ"
DEAD_SUBJECT = "dlq.facts"
DEAD_BYTES_MAX = 900_000
CLAIMS_BUCKET = "INGEST_CLAIMS"
FACTS_AGE_S_MAX = 3 * 86_400
DEAD_AGE_S_MAX = 30 * 86_400
REPEAT_WINDOW_S = 120.0

log = structlog.get_logger()


class JetStreamUnreachable(Fault):
    """NATS or one of its streams does not answer; the same may succeed later."""


class Claim(NamedTuple):
    """The block a partition's writer is about to insert; `done` once it and its views are in.

    `revision` fences writers.
    """

    first: int
    last: int
    done: bool
    revision: int


def facts_stream(partition: int) -> str:
    return f"FACTS_{partition:02d}"


def facts_subject(partition: int, tenant: str) -> str:
    return f"facts.{partition:02d}.{tenant}"


async def connected(url: str) -> Client:
    """Return a connection that reconnects for ever; raises `JetStreamUnreachable`."""

    async def _noted(error: Exception) -> None:
        await log.adebug("nats", error=repr(error))

    try:
        return await nats.connect(
            url,
            name="cx-ingest",
            connect_timeout=2,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.1,
            error_cb=_noted,
        )
    except (NatsError, OSError) as error:
        raise JetStreamUnreachable(f"NATS does not answer: {error!r}") from error


async def prepare_streams(connection: Client, partitions: int, *, replicas: int = 1) -> None:
    """Make the streams of facts, the dead letters and the claims; streams there stay as they are.

    Facts: file storage, 3 days, the oldest go first (shared contract, "Facts"). Raises
    `JetStreamUnreachable`.
    """
    facts = [
        _stream(facts_stream(p), facts_subject(p, "*"), FACTS_AGE_S_MAX) for p in range(partitions)
    ]
    context = connection.jetstream()
    try:
        known = {info.config.name for info in await context.streams_info()}
        for config in facts:
            config.num_replicas = replicas
            if config.name not in known:
                await _add(context, config)
        await dead_letters(context, replicas=replicas)
        await claims(context, replicas=replicas)
    except (NatsError, OSError) as error:
        raise JetStreamUnreachable(f"JetStream does not answer: {error!r}") from error


def _stream(name: str, subject: str, age_s_max: int) -> StreamConfig:
    return StreamConfig(
        name=name,
        subjects=[subject],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        max_age=float(age_s_max),
        duplicate_window=REPEAT_WINDOW_S,
    )


async def _add(context: JetStreamContext, config: StreamConfig) -> None:
    try:
        await context.add_stream(config)
    except BadRequestError:  # someone made it meanwhile, perhaps with settings of their own
        await context.stream_info(str(config.name))


async def dead_letters(context: JetStreamContext, *, replicas: int = 1) -> None:
    """Make the stream of dead letters when it is not there."""
    config = _stream(DEAD_STREAM, "dlq.>", DEAD_AGE_S_MAX)
    config.duplicate_window = 3600.0
    config.num_replicas = replicas
    try:
        await context.stream_info(DEAD_STREAM)
    except NotFoundError:
        await _add(context, config)


async def claims(context: JetStreamContext, *, replicas: int = 1) -> KeyValue:
    """Return the bucket of claims, made when it is not there."""
    try:
        return await context.key_value(CLAIMS_BUCKET)
    except BucketNotFoundError:
        config = KeyValueConfig(bucket=CLAIMS_BUCKET, history=1, replicas=replicas)
        return await context.create_key_value(config)


class Claims:
    """Which block each partition's writer inserts, written down before it is inserted.

    A writer killed during an insert cannot know whether it is in; whoever follows inserts the
    same block again, under the same token. The compare-and-set shuts out a second live writer.
    """

    def __init__(self, bucket: KeyValue, partition: int) -> None:
        self._bucket = bucket
        self._key = facts_stream(partition)

    async def newest(self) -> Claim | None:
        """Return the newest claim; None when there never was one."""
        try:
            entry = await self._bucket.get(self._key)
        except KeyNotFoundError:
            return None
        first, last, done = msgspec.json.decode(entry.value or b"", type=tuple[int, int, bool])
        return Claim(first, last, done, entry.revision or 0)

    async def claim(self, first: int, last: int, *, after: Claim | None) -> Claim:
        """Claim a block; raises `Overtaken` when `after` is no longer the newest claim."""
        return await self._put(first, last, done=False, after=after)

    async def finish(self, claim: Claim) -> Claim:
        """Note that the claimed block is in; raises `Overtaken` as `claim` does."""
        return await self._put(claim.first, claim.last, done=True, after=claim)

    async def _put(self, first: int, last: int, *, done: bool, after: Claim | None) -> Claim:
        text = msgspec.json.encode((first, last, done))
        try:
            revision = await self._bucket.update(self._key, text, after.revision if after else 0)
        except KeyWrongLastSequenceError as error:
            raise Overtaken(f"Another writer claimed a block of {self._key}.") from error
        return Claim(first, last, done, revision)


class DeadLetters:
    """Messages that could not be ingested, with the reason, once each."""

    def __init__(self, context: JetStreamContext) -> None:
        self._context = context

    async def bury(self, stream: str, seq: int, payload: bytes, reason: str) -> None:
        """Publish durably; a repeat within the hour is dropped by the stream.

        Headers: `Cx-Reason`, `Cx-Stream`, `Cx-Sequence`, and `Cx-Bytes` (the payload's full size,
        as a letter holds at most its first 900,000 bytes).
        """
        headers = {
            "Nats-Msg-Id": f"{stream}:{seq}",
            "Cx-Reason": reason.replace("\n", " ").strip()[:500],
            "Cx-Stream": stream,
            "Cx-Sequence": str(seq),
            "Cx-Bytes": str(len(payload)),
        }
        letter = payload[:DEAD_BYTES_MAX]
        await self._context.publish(DEAD_SUBJECT, letter, stream=DEAD_STREAM, headers=headers)
