"""Writes the facts of the streams into ClickHouse, each exactly once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from time import monotonic

import structlog
from nats.errors import Error as NatsError

from adapters import clickhouse, jetstream
from adapters.clickhouse_facts import FactsTable
from adapters.facts_blanking import NOBODY_ERASED, Blanking
from adapters.facts_partition import RETRY_S_MAX, Figures, PartitionIngest, Pause
from adapters.jetstream import Claims
from commands.ports import Fault
from commands.raw_cuts import Erased

__all__ = ["FactsIngest", "Figures"]

log = structlog.get_logger()

WhoIsErased = Callable[[], Awaitable[Sequence[Erased]]]


async def nobody_erased() -> Sequence[Erased]:
    return NOBODY_ERASED


class FactsIngest:
    """One task for each partition: gathers messages into blocks and inserts each block once.

    The recipe. A block is claimed (compare-and-set in JetStream) before it is inserted, under
    a token made of its range; the table and every view behind it take a token once. After a
    restart the claimed block is inserted again, so its views are whole, and reading goes on
    behind it. Nothing depends on acknowledgements. Rows of persons that `erased` tells are
    taken in as nobody's, so that an empty table filled from the streams again does not bring
    them back.
    """

    def __init__(
        self,
        *,
        clickhouse_url: str,
        nats_url: str,
        partitions: int = 1,
        replicas: int = 1,
        erased: WhoIsErased = nobody_erased,
    ) -> None:
        self._clickhouse_url = clickhouse_url
        self._nats_url = nats_url
        self._replicas = replicas  # of the streams that only ingest needs
        self._erased = erased
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
            context = connection.jetstream()
            await jetstream.dead_letters(context, replicas=self._replicas)
            bucket = await jetstream.claims(context, replicas=self._replicas)
            table = FactsTable(client, figures.partition)
            claims = Claims(bucket, figures.partition)
            blanking = Blanking(figures.partition, await self._erased())
            await PartitionIngest(table, connection, claims, figures, blanking).run(stop)
