"""Erasing persons from what JetStream holds: raw streams run out, dead letters are blanked."""

import asyncio
from collections.abc import AsyncIterator, Mapping

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg, StreamState
from nats.js.errors import NotFoundError

from adapters.clickhouse import Reader
from adapters.jetstream import (
    DEAD_STREAM,
    DEAD_SUBJECT,
    JetStreamUnreachable,
    connected,
    facts_stream,
)
from commands.privacy_ports import Counts, Wanted
from hotpath.facts import BrokenBatch, decode_batch, decode_row

LOOKED_AT_MAX = 1_000  # messages on their way in; while there are more the ingest has to catch up
THROUGH = """
SELECT max(through) FROM ingest_progress WHERE partition = {partition:UInt16}
"""


class Link:
    """One connection, made when it is first needed."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: Client | None = None
        self._opening = asyncio.Lock()

    async def context(self) -> JetStreamContext:
        async with self._opening:
            if self._client is None:
                self._client = await connected(self._url)
            return self._client.jetstream()

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()


class JetStreamRaw:
    """`RawStreams` over the streams of facts.

    A message is a batch of many persons' rows, so it is never deleted for one of them: it runs
    out with the stream's age, and until then `Blanking` lets nobody know whose rows they were.
    """

    def __init__(self, link: Link, reader: Reader, *, partitions: int) -> None:
        self._link = link
        self._reader = reader
        self._partitions = partitions

    async def heads(self) -> dict[int, int]:
        return {
            partition: (await _state(self._link, facts_stream(partition))).last_seq
            for partition in range(self._partitions)
        }

    async def settled(self, wanted: Wanted, cuts: Mapping[int, int]) -> bool:
        for partition, cut in cuts.items():
            found = await self._reader.rows(THROUGH, {"partition": partition})
            through = int(found[0][0])
            if cut - through > LOOKED_AT_MAX:
                return False
            # A message without a row that could go in never moves `through`: so they are read.
            async for message in _messages(self._link, facts_stream(partition), through, cut):
                if _mentions(message.data or b"", wanted):
                    return False
        return True

    async def gone(self, cuts: Mapping[int, int]) -> bool:
        for partition, cut in cuts.items():
            state = await _state(self._link, facts_stream(partition))
            if state.messages and state.first_seq <= cut:
                return False
        return True


class JetStreamLetters:
    """`DeadLetters` over the stream of dead letters.

    A letter that holds a person's id is published again with the id blanked and its first copy
    deleted with JetStream's secure erase: what it holds of others can still be mended by hand.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    async def redact(self, wanted: Wanted) -> Counts:
        state = await _state(self._link, DEAD_STREAM)
        blanked = 0
        async for letter in _messages(self._link, DEAD_STREAM, 0, state.last_seq):
            payload = letter.data or b""
            redacted = _blanked(payload, wanted)
            if redacted != payload:
                await self._replace(letter, redacted)
                blanked += 1
        return {"letters_blanked": blanked}

    async def _replace(self, letter: RawStreamMsg, payload: bytes) -> None:
        headers = {**(letter.headers or {})}
        headers["Nats-Msg-Id"] = f"{headers.get('Nats-Msg-Id', '')}:blanked:{letter.seq}"
        context = await self._link.context()
        try:
            await context.publish(DEAD_SUBJECT, payload, stream=DEAD_STREAM, headers=headers)
            await context.delete_msg(DEAD_STREAM, int(letter.seq or 0))
        except NotFoundError:
            return  # Another process was faster.
        except (NatsError, OSError) as error:
            raise JetStreamUnreachable(f"A dead letter is not blanked: {error!r}") from error


async def _state(link: Link, stream: str) -> StreamState:
    """Return how far a stream is; one that nobody made yet is empty."""
    try:
        return (await (await link.context()).stream_info(stream)).state
    except NotFoundError:
        return StreamState(messages=0, bytes=0, first_seq=0, last_seq=0, consumer_count=0)
    except (NatsError, OSError) as error:
        raise JetStreamUnreachable(f"{stream} cannot be read: {error!r}") from error


async def _messages(link: Link, stream: str, after: int, last: int) -> AsyncIterator[RawStreamMsg]:
    """Yield the messages there are, with `after < sequence <= last`."""
    first = max(after + 1, (await _state(link, stream)).first_seq)
    context = await link.context()
    for seq in range(first, last + 1):
        try:
            yield await context.get_msg(stream, seq)
        except NotFoundError:
            continue
        except (NatsError, OSError) as error:
            raise JetStreamUnreachable(f"{stream} cannot be read: {error!r}") from error


def _mentions(payload: bytes, wanted: Wanted) -> bool:
    """Return whether a batch holds a row of the person; a broken one never goes in."""
    try:
        rows = [decode_row(row) for row in decode_batch(payload)]
    except BrokenBatch:
        return False
    return any(row.tenant == wanted.tenant and row.player in wanted.players for row in rows)


def _blanked(payload: bytes, wanted: Wanted) -> bytes:
    """Return the letter with the person's ids overwritten, in a letter of their tenant alone."""
    if _framed(wanted.tenant) not in payload:
        return payload
    for player in wanted.players:
        framed = _framed(player)
        size = len(player.encode())
        payload = payload.replace(framed, framed[:-size] + b"\0" * size)
    return payload


def _framed(text: str) -> bytes:
    """Return text as it stands in a row: its length in LEB128, then its bytes."""
    body = text.encode()
    size, head = len(body), bytearray()
    while size > 0x7F:  # noqa: PLR2004 - seven bits a byte
        head.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([*head, size]) + body
