"""Processes die while facts flow, and every sum still equals what was published."""

import asyncio
import contextlib
import os
import random
import signal
import sys
from pathlib import Path

import pytest
from nats.errors import Error as NatsError

from adapters.clickhouse_facts import FactsTable
from adapters.facts_block import Block, Months, pieces, read_facts
from adapters.jetstream import Claims, claims
from ops import engines
from tests.engines import free_port, running
from tests.facts import (
    DAY_US,
    NOW_US,
    TODAY,
    batch,
    bid,
    bill,
    database,
    ingesting,
    pixel,
    publish,
    scalar,
    streams,
    until,
)

pytestmark = [pytest.mark.engines, pytest.mark.faults]
HOUSE = Path(__file__).parents[2]
INGEST = """
import asyncio, sys
from adapters.facts_ingest import FactsIngest
ingest = FactsIngest(clickhouse_url=sys.argv[1], nats_url=sys.argv[2])
asyncio.run(ingest.run(asyncio.Event()))
"""
# The last hour of the month before.
LAST_MONTH_US = NOW_US - (TODAY.day - 1) * DAY_US - NOW_US % DAY_US - DAY_US // 24


@pytest.fixture
def nats(tmp_path):
    engine = engines.nats(tmp_path / "nats", free_port())
    with running(engine, tmp_path / "nats.log"):
        yield f"nats://127.0.0.1:{engine.port}"


class Load:
    """Publishes batches with repeats, several tenants and two months; knows what must come out."""

    def __init__(self, stream, chance):
        self._stream = stream
        self._chance = chance
        self.rows = self.bills = self.repeats = 0
        self.names = []

    async def publish(self, batches):
        for _ in range(batches):
            rows = [self._bill() for _ in range(self._chance.randint(1, 20))]
            rows += [bid(reason="") for _ in range(self._chance.randint(0, 10))]
            self.rows += len(rows)
            await publish(self._stream, batch(*rows))

    def _bill(self):
        if self.names and self._chance.random() < 0.2:
            self.repeats += 1
            return bill(self._chance.choice(self.names), at_us=NOW_US)
        self.bills += 1
        self.names.append(f"bill {self.bills}")
        month_us = LAST_MONTH_US if self._chance.random() < 0.05 else NOW_US
        return bill(self.names[-1], at_us=month_us)


async def agrees(client, load):
    """Every table says what was published, each row once."""

    async def all_in():
        return await scalar(client, "SELECT count() FROM facts") >= load.rows

    await until(all_in, within_s=40)
    bids = load.rows - load.bills - load.repeats
    facts = "SELECT count(), uniqExact(seq, idx), sum(duplicate) FROM facts"
    assert await scalar(client, facts) == (load.rows, load.rows, load.repeats)
    bidding = "SELECT sumIf(count, kind = 'bill'), sumIf(count, kind = 'bid'), sum(duplicates), "
    bidding += "sum(spend_micros) FROM daily_bidding"
    counted = (load.bills, bids, load.repeats, load.bills * 2500)

    async def views_agree():
        return await scalar(client, bidding) == counted

    await until(views_agree, within_s=5)
    assert await scalar(client, "SELECT count(), uniqExact(event_id) FROM seen") == (
        load.bills,
        load.bills,
    )


async def test_the_ingest_is_killed_again_and_again(clickhouse_url, nats, tmp_path):
    chance = random.Random(7)
    async with streams(nats) as stream, database(clickhouse_url) as (url, client):
        load = Load(stream, chance)
        for _ in range(8):
            with (tmp_path / "ingest.log").open("ab") as log:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-c", INGEST, url, nats, cwd=HOUSE, stderr=log, stdout=log
                )
            alive_s = chance.uniform(0.5, 1.8)
            started = asyncio.get_running_loop().time()
            await load.publish(60)
            published_s = asyncio.get_running_loop().time() - started
            await asyncio.sleep(max(0.0, alive_s - published_s))  # any moment of a block
            process.kill()
            await process.wait()
        async with ingesting(url, nats):
            await agrees(client, load)


async def test_clickhouse_is_killed_again_and_again(nats, tmp_path):
    chance = random.Random(11)
    engine = engines.clickhouse(tmp_path / "clickhouse", free_port())
    door_url = f"http://127.0.0.1:{engine.port}"
    async with contextlib.AsyncExitStack() as stack:
        stream = await stack.enter_async_context(streams(nats))
        door = stack.enter_context(contextlib.ExitStack())
        process = door.enter_context(running(engine, tmp_path / "door.log"))
        url, client = await stack.enter_async_context(database(door_url))
        load = Load(stream, chance)
        async with ingesting(url, nats) as figures:
            for _ in range(4):
                rows, retries = figures.rows, figures.retries
                publishing = asyncio.create_task(load.publish(150))
                await until(lambda rows=rows: _more(figures, rows))
                await asyncio.sleep(chance.uniform(0.0, 0.4))  # any moment of a block
                os.killpg(process.pid, signal.SIGKILL)
                await publishing
                await load.publish(1)
                await until(lambda retries=retries: _retried(figures, retries))
                process.wait()
                process = await asyncio.to_thread(
                    door.enter_context, running(engine, tmp_path / "door.log")
                )
            await agrees(client, load)


async def _retried(figures, before):
    return figures.retries > before


async def _more(figures, rows):
    return figures.rows > rows


async def test_jetstream_is_killed_and_comes_back(clickhouse_url, tmp_path):
    engine = engines.nats(tmp_path / "nats", free_port())
    nats = f"nats://127.0.0.1:{engine.port}"
    with contextlib.ExitStack() as servers:
        process = servers.enter_context(running(engine, tmp_path / "nats.log"))
        async with streams(nats) as stream, database(clickhouse_url) as (url, client):
            load = Load(stream, random.Random(13))
            async with ingesting(url, nats):
                for _ in range(2):
                    await load.publish(100)
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                    process = servers.enter_context(running(engine, tmp_path / "nats.log"))
                    await until(lambda: _is_back(stream))
                await load.publish(50)
                await agrees(client, load)


async def _is_back(stream):
    with contextlib.suppress(NatsError):
        return await stream.jetstream().stream_info("FACTS_00")


async def test_two_writers_at_once_still_count_once(clickhouse_url, nats):
    async with streams(nats) as stream, database(clickhouse_url) as (url, client):
        load = Load(stream, random.Random(17))
        async with ingesting(url, nats), ingesting(url, nats):
            for _ in range(10):
                await load.publish(30)
            await agrees(client, load)


async def test_a_claimed_block_that_never_went_in_goes_in_as_it_was_cut(clickhouse_url, nats):
    async with streams(nats) as stream, database(clickhouse_url) as (url, client):
        for name in ("a", "b", "c", "d"):
            await publish(stream, batch(bill(name)))
        bucket = await claims(stream.jetstream())
        await Claims(bucket, 0).claim(1, 3, after=None)
        async with ingesting(url, nats):
            await until(lambda: scalar(client, "SELECT count() = 4 FROM facts"))
        cut = await client.query("SELECT DISTINCT block_first, block_last FROM facts ORDER BY 1")
        assert list(cut.result_rows) == [(1, 3), (4, 4)]


async def test_a_view_that_missed_the_last_block_gets_it(clickhouse_url, nats):
    async with streams(nats) as stream, database(clickhouse_url) as (url, client):
        view = (await client.command("SHOW CREATE TABLE daily_bidding_from_facts")).replace(
            "\\n", "\n"
        )
        payload = batch(bill("a"), bill("b", at_us=LAST_MONTH_US), bill("a"))
        await publish(stream, payload)
        await Claims(await claims(stream.jetstream()), 0).claim(1, 1, after=None)
        await client.command("DROP VIEW daily_bidding_from_facts")
        for piece in pieces(Block(0, 1, 1, read_facts(1, payload, Months())), []):
            await FactsTable(client, 0).insert(piece)
        await client.command(view.replace("\\'", "'"))
        async with ingesting(url, nats) as figures:
            await publish(stream, batch(pixel("visit", "x")))
            await until(lambda: _more(figures, 0))
        sums = "SELECT sum(count), sum(duplicates), sum(spend_micros) FROM daily_bidding"
        assert await scalar(client, sums) == (2, 1, 5000)
        assert await scalar(client, "SELECT count() FROM facts") == 4


async def test_messages_the_stream_lost_are_counted(clickhouse_url, nats):
    async with streams(nats) as stream, database(clickhouse_url) as (url, client):
        for name in "abcdef":
            await publish(stream, batch(bill(name)))
        for seq in (1, 2, 4):
            await stream.jetstream().delete_msg("FACTS_00", seq)
        async with ingesting(url, nats) as figures:
            await until(lambda: scalar(client, "SELECT count() = 3 FROM facts"))
            await until(lambda: _is(figures, "missing_messages", 3))
            assert figures.gaps == 2


async def _is(figures, name, value):
    return getattr(figures, name) == value


async def test_a_stream_that_starts_over_is_not_taken_for_the_old_one(clickhouse_url, nats):
    async with streams(nats) as stream, database(clickhouse_url) as (url, client):
        for name in "abc":
            await publish(stream, batch(bill(name)))
        async with ingesting(url, nats):
            await until(lambda: scalar(client, "SELECT count() = 3 FROM facts"))
        await stream.jetstream().delete_stream("FACTS_00")
        async with streams(nats), ingesting(url, nats) as figures:
            await until(lambda: _says(figures, "deleted or restored"))
        assert await scalar(client, "SELECT count() FROM facts") == 3


async def _says(figures, words):
    return words in figures.fault
