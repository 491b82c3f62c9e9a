"""Billed impressions as the spend manager reads them."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from adapters.clickhouse import Reader
from adapters.clickhouse_facts import FactsTable
from adapters.clickhouse_spend import ClickHouseSpend
from adapters.facts_block import Block, Months, pieces, read_facts
from commands.ports import BilledSpend, BilledSum
from tests.facts import DAY_US, NOW_US, TODAY, batch, bill, database, pixel

pytestmark = pytest.mark.engines
LAST_MONTH_US = NOW_US - TODAY.day * DAY_US
QUARTER_US = 15 * 60 * 1_000_000
QUARTER_LONG = timedelta(minutes=15)
QUARTER = datetime.fromtimestamp((NOW_US - NOW_US % QUARTER_US) // 1_000_000, UTC)


@pytest.fixture
async def facts(clickhouse_url):
    async with database(clickhouse_url) as (url, client):
        reader = Reader(url)
        yield FactsTable(client, 0), ClickHouseSpend(reader)
        await reader.close()


def cut(first, *messages):
    """A block of the messages from sequence `first` on, as its inserts."""
    found, months = [], Months()
    for seq, rows in enumerate(messages, start=first):
        found += read_facts(seq, batch(*rows), months)
    return Block(0, first, first + len(messages) - 1, found)


async def insert(table, block):
    for piece in pieces(block, await table.seen(block.asked, before=block.first)):
        await table.insert(piece)


async def test_an_empty_partition_has_no_spend(facts):
    _table, spend = facts
    assert isinstance(spend, BilledSpend)
    assert await spend.through(0) == []
    assert await spend.between("acme", 0, first=1, last=10) == []


async def test_each_tenant_is_through_its_newest_billed_impression(facts):
    table, spend = facts
    await insert(table, cut(1, [bill("a"), bill("a")], [bill("b", tenant="rival")]))
    await insert(table, cut(3, [pixel("visit", "v")], [bill("c", micros=500)]))
    assert await spend.through(0) == [("acme", 4), ("rival", 2)]
    assert await spend.between("acme", 0, first=1, last=4) == [
        BilledSum("spring", "USD", QUARTER, 3_000, 2)
    ]
    assert await spend.between("acme", 0, first=2, last=4) == [
        BilledSum("spring", "USD", QUARTER, 500, 1)
    ]


async def test_quarter_hours_are_told_apart(facts):
    table, spend = facts
    start = NOW_US - NOW_US % QUARTER_US
    moments = [start - 1, start, start - QUARTER_US, start - QUARTER_US - 1]
    await insert(table, cut(1, [bill(str(at), at_us=at, micros=1) for at in moments]))
    (_tenant, last), *_ = await spend.through(0)
    found = await spend.between("acme", 0, first=1, last=last)
    assert [(QUARTER - one.at, one.impressions) for one in found] == [
        (2 * QUARTER_LONG, 1),
        (QUARTER_LONG, 2),
        (0 * QUARTER_LONG, 1),
    ]


async def test_half_a_block_across_months_is_not_through(facts):
    table, spend = facts
    await insert(table, cut(1, [bill("a")]))
    block = cut(2, [bill("b", at_us=LAST_MONTH_US)], [bill("c")])
    older, newer = pieces(block, [])
    await table.insert(older)
    assert await spend.through(0) == [("acme", 1)]
    await table.insert(newer)
    assert await spend.through(0) == [("acme", 3)]
    assert sum(one.micros for one in await spend.between("acme", 0, first=2, last=3)) == 5_000


async def test_what_is_through_can_be_read_while_facts_flow(facts):
    table, spend = facts
    flowing = asyncio.create_task(flow(table, blocks=60))
    looks = 0
    while not flowing.done():
        for tenant, last in await spend.through(0):
            (found,) = await spend.between(tenant, 0, first=1, last=last)
            assert found.impressions == last
            looks += 1
    await flowing
    assert looks > 10


async def flow(table, *, blocks):
    for seq in range(1, blocks + 1):
        await insert(table, cut(seq, [bill(f"bill {seq}")]))
