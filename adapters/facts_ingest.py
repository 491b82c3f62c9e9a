"""Writes the facts of the streams into ClickHouse, each exactly once."""

import asyncio
import random
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from time import monotonic

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError

from adapters import clickhouse, jetstream
from adapters.clickhouse_facts import FactsTable, RowsRefused
from adapters.facts_block import Block, Fact, Months, pieces, read_facts
from adapters.jetstream import Claim, Claims, DeadLetters, JetStreamUnreachable, facts_stream
from adapters.jetstream_tail import Message, Tail
from commands.ports import Fault
from hotpath.facts import BrokenBatch, decode_row

BLOCK_ROWS_MAX = 10_000
BLOCK_BYTES_MAX = 16 << 20
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


@dataclass
class Gathered:
    """The messages of the next block; `broken` ones go to the dead letters."""

    first: int = 0
    last: int = 0
    facts: list[Fact] = field(default_factory=list)
    messages: dict[int, bytes] = field(default_factory=dict)
    broken: dict[int, str] = field(default_factory=dict)
    size: int = 0

    @property
    def full(self) -> bool:
        return len(self.facts) >= BLOCK_ROWS_MAX or self.size >= BLOCK_BYTES_MAX

    def add(self, message: Message, months: Months) -> None:
        self.first = self.first or message.seq
        self.last = message.seq
        self.size += len(message.payload)
        self.messages[message.seq] = message.payload
        try:
            self.facts += read_facts(message.seq, message.payload, months)
        except BrokenBatch as error:
            self.broken[message.seq] = str(error)

    def drop_refused(self, reason: str) -> None:
        """Give up the messages with a row that is none; all of them when every row looks well."""
        bad = {fact.seq for fact in self.facts if not _well_formed(fact)}
        bad = bad or {fact.seq for fact in self.facts}
        self.broken |= dict.fromkeys(bad, reason)
        self.facts = [fact for fact in self.facts if fact.seq not in bad]


def _well_formed(fact: Fact) -> bool:
    try:
        decode_row(fact.row)
    except BrokenBatch:
        return False
    return True


class FactsIngest:
    """One task for each partition: gathers messages into blocks and inserts each block once.

    The recipe. A block is claimed (compare-and-set in JetStream) before it is inserted, under
    a token made of its range; the table and every view behind it take a token once. After a
    restart the claimed block is inserted again, so its views are whole, and reading goes on
    behind it. Nothing depends on acknowledgements.
    """

    def __init__(self, *, clickhouse_url: str, nats_url: str, partitions: int = 1) -> None:
        self._clickhouse_url = clickhouse_url
        self._nats_url = nats_url
        self.figures = [Figures(partition) for partition in range(partitions)]

    async def run(self, stop: asyncio.Event) -> None:
        """Ingest until `stop`; outages are waited out, with `Figures.fault` saying which."""
        async with asyncio.TaskGroup() as tasks:
            for figures in self.figures:
                tasks.create_task(self._partition(figures, stop))

    async def _partition(self, figures: Figures, stop: asyncio.Event) -> None:
        pause = Pause(stop)
        while not stop.is_set():
            began = monotonic()
            try:
                await self._connected(figures, stop)
            except (Fault, NatsError, OSError) as error:
                figures.fault = str(error)
                figures.retries += 1
                log.warning("ingest waits", partition=figures.partition, fault=str(error))
                if monotonic() - began > RETRY_S_MAX:
                    pause.reset()
                await pause.wait()

    async def _connected(self, figures: Figures, stop: asyncio.Event) -> None:
        async with AsyncExitStack() as stack:
            client = await clickhouse.client(self._clickhouse_url)
            stack.push_async_callback(client.close)
            connection = await jetstream.connected(self._nats_url)
            stack.push_async_callback(connection.close)
            bucket = await jetstream.claims(connection.jetstream())
            table = FactsTable(client, figures.partition)
            claims = Claims(bucket, figures.partition)
            await PartitionIngest(table, connection, claims, figures).run(stop)


class PartitionIngest:
    """The one writer of a partition, for as long as its connections last."""

    def __init__(
        self, table: FactsTable, connection: Client, claims: Claims, figures: Figures
    ) -> None:
        self._table = table
        self._connection = connection
        self._claims = claims
        self._figures = figures
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
            learning = asyncio.create_task(self._table.learn())
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
                        gathered.add(message, self._months)
                if stop.is_set():
                    return
            self._audit(tail)
        gathered.first, gathered.last = claim.first, claim.last
        await self._insert(gathered, stop)

    async def _gather(self, tail: Tail) -> Gathered:
        """Return the next block's messages: what comes within `GATHER_S` of the block before.

        So a block follows at once when the insert before it took longer than that.
        """
        gathered = Gathered()
        deadline = monotonic() + IDLE_S
        while not gathered.full:
            wait_s = deadline - monotonic()
            if wait_s <= 0 and gathered.messages:
                break
            arrived = await tail.take(limit=TAKE_MESSAGES, wait_s=max(wait_s, 0.0))
            if not arrived and wait_s <= 0:
                break
            for message in arrived:
                gathered.add(message, self._months)
                self._figures.lag_messages = message.pending
            if arrived:
                deadline = min(deadline, self._cut_at + GATHER_S)
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
            except RowsRefused as error:
                gathered.drop_refused(str(error))
            except Fault as error:
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
    """End the reading of what was seen; without it every event is looked up, which is slow only."""
    learning.cancel()
    with suppress(asyncio.CancelledError, Fault):
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
