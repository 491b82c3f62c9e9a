"""The one writer of a partition: gathers messages into blocks and inserts each block once."""

import asyncio
import random
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from time import monotonic

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError

from adapters.clickhouse_facts import FactsTable, RowsRefused
from adapters.facts_blanking import Blanking
from adapters.facts_block import Block, Months, pieces
from adapters.facts_gathering import Gathered
from adapters.jetstream import Claim, Claims, DeadLetters, JetStreamUnreachable, facts_stream
from adapters.jetstream_tail import Tail
from commands.ports import Fault

GATHER_S = 0.2
TAKE_MESSAGES = 32
IDLE_S = 1.0
RETRY_S_MIN, RETRY_S_MAX = 0.1, 5.0

log = structlog.get_logger()


@dataclass
class Figures:
    """What one partition's ingest did since it started, and how far behind it is."""

    partition: int
    rows: int = 0
    duplicates: int = 0
    blocks: int = 0
    last_seq: int = 0
    lag_messages: int = 0
    dead_letters: int = 0
    gaps: int = 0
    missing_messages: int = 0
    retries: int = 0
    fault: str = ""


class PartitionIngest:
    """The one writer of a partition, for as long as its connections last."""

    def __init__(
        self,
        table: FactsTable,
        connection: Client,
        claims: Claims,
        figures: Figures,
        blanking: Blanking,
    ) -> None:
        self._table = table
        self._connection = connection
        self._claims = claims
        self._figures = figures
        self._blanking = blanking
        self._stream = facts_stream(figures.partition)
        self._dead = DeadLetters(connection.jetstream())
        self._months = Months()
        self._claim: Claim | None = None
        self._cut_at = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Finish what was begun, then follow the stream; raises `Fault` when the world fails."""
        after = await self._finish(stop)
        self._figures.last_seq = after
        self._figures.fault = ""
        async with AsyncExitStack() as stack:
            learning = asyncio.create_task(self._learn(stop))
            stack.push_async_callback(_ended, learning)
            tail = await stack.enter_async_context(
                Tail(self._connection, self._stream, after=after)
            )
            while not stop.is_set():
                gathered = await self._gather(tail)
                if gathered.messages:
                    await self._write(gathered, stop)
                else:
                    await self._rest()
                self._audit(tail)
            await self._rest()

    async def _learn(self, stop: asyncio.Event) -> None:
        pause = Pause(stop)
        while not stop.is_set():
            try:
                await self._table.learn()
            except Fault as error:
                log.warning("what was seen is not learned", stream=self._stream, fault=str(error))
                await pause.wait()
            else:
                return

    async def _finish(self, stop: asyncio.Event) -> int:
        """Insert the newest block again and return its last sequence; 0 when there is none."""
        self._claim = await self._claims.newest()
        place = await self._table.newest()
        claimed = self._claim.last if self._claim else 0
        if place is not None and place.last >= claimed:
            if self._claim is None or not self._claim.done or place.last > claimed:
                await self._table.insert_again(place)
            return place.last
        if self._claim is not None and not self._claim.done:
            await self._redo(self._claim, stop)
        return claimed

    async def _rest(self) -> None:
        """Note that nothing is half done, so that the next start has nothing to repeat."""
        if self._claim is not None and not self._claim.done:
            self._claim = await self._claims.finish(self._claim)

    async def _redo(self, claim: Claim, stop: asyncio.Event) -> None:
        """Insert a claimed block that is not in, or not whole, from its messages."""
        gathered = Gathered()
        async with Tail(self._connection, self._stream, after=claim.first - 1) as tail:
            while tail.after < claim.last:
                limit = claim.last - tail.after
                for message in await tail.take(limit=limit, wait_s=IDLE_S):
                    if message.seq <= claim.last:
                        gathered.add(message, self._months, self._blanking)
                if stop.is_set():
                    return
            self._audit(tail)
        gathered.first, gathered.last = claim.first, claim.last
        await self._insert(gathered, stop)

    async def _gather(self, tail: Tail) -> Gathered:
        """Return the next block's messages: what comes within `GATHER_S` of the block before.

        So a block follows at once when the insert before it took longer than that; and while
        the stream holds more it grows for another `GATHER_S`, or catching up would never end.
        """
        gathered = Gathered()
        until = latest = monotonic() + IDLE_S
        while not gathered.full:
            wait_s = until - monotonic()
            if wait_s <= 0 and gathered.messages:
                break
            arrived = await tail.take(limit=TAKE_MESSAGES, wait_s=max(wait_s, 0.0))
            if not arrived and not gathered.messages:
                break
            if not gathered.messages:
                latest = monotonic() + GATHER_S
            for message in arrived:
                gathered.add(message, self._months, self._blanking)
                self._figures.lag_messages = message.pending
            until = latest if self._figures.lag_messages else self._cut_at + GATHER_S
        self._cut_at = monotonic()
        return gathered

    async def _write(self, gathered: Gathered, stop: asyncio.Event) -> None:
        if gathered.facts:
            first, last = gathered.first, gathered.last
            self._claim = await self._claims.claim(first, last, after=self._claim)
        await self._insert(gathered, stop)

    async def _insert(self, gathered: Gathered, stop: asyncio.Event) -> None:
        """Insert until it is in: a block that may be in is never cut anew."""
        pause = Pause(stop)
        while True:
            try:
                await self._try(gathered)
                break
            except Fault as error:
                if isinstance(error, RowsRefused) and gathered.drop_malformed(str(error)):
                    continue
                if stop.is_set():
                    raise
                self._figures.retries += 1
                self._figures.fault = str(error)
                log.warning("ingest retries", stream=self._stream, fault=str(error))
                await pause.wait()
        self._figures.fault = ""
        self._figures.last_seq = gathered.last

    async def _try(self, gathered: Gathered) -> None:
        if gathered.facts:
            partition, first, last = self._figures.partition, gathered.first, gathered.last
            block = Block(partition, first, last, gathered.facts)
            asked = block.asked
            inserts = pieces(block, await self._table.seen(asked, before=first))
            for piece in inserts:
                await self._table.insert(piece)
            self._table.remember(asked)
            self._figures.rows += sum(piece.rows for piece in inserts)
            self._figures.duplicates += sum(piece.duplicates for piece in inserts)
            self._figures.blocks += 1
            gathered.facts = []
        await self._bury(gathered)

    async def _bury(self, gathered: Gathered) -> None:
        for seq, reason in sorted(gathered.broken.items()):
            try:
                await self._dead.bury(self._stream, seq, gathered.messages[seq], reason)
            except (NatsError, OSError) as error:
                raise JetStreamUnreachable(f"A dead letter is not buried: {error!r}") from error
            log.error("message is no facts", stream=self._stream, seq=seq, reason=reason)
            self._figures.dead_letters += 1
            del gathered.broken[seq]

    def _audit(self, tail: Tail) -> None:
        for gap in tail.gaps:
            self._figures.gaps += 1
            self._figures.missing_messages += gap.last - gap.first + 1
            log.error("messages are missing", stream=self._stream, first=gap.first, last=gap.last)
        tail.gaps.clear()


async def _ended(learning: "asyncio.Task[None]") -> None:
    learning.cancel()
    with suppress(asyncio.CancelledError):
        await learning


class Pause:
    """Waits longer each time, with some chance in it, and not beyond `stop`."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop
        self.reset()

    def reset(self) -> None:
        self._next_s = RETRY_S_MIN

    async def wait(self) -> None:
        wait_s = self._next_s * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, no secret
        self._next_s = min(self._next_s * 2, RETRY_S_MAX)
        try:
            async with asyncio.timeout(wait_s):
                await self._stop.wait()
        except TimeoutError:
            return
