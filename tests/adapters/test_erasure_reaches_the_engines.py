"""A person is erased from ClickHouse and JetStream, and no replay brings them back."""

import asyncio
import contextlib

import pytest

from adapters import clickhouse
from adapters.clickhouse_erasure import ClickHouseErasure
from adapters.facts_ingest import FactsIngest
from adapters.jetstream_erasure import JetStreamLetters, JetStreamRaw, Link
from commands.privacy_ports import Wanted
from commands.raw_cuts import Erased
from ops import engines
from tests.engines import free_port, running
from tests.facts import (
    DAY_US,
    NOW_US,
    batch,
    bill,
    database,
    ingesting,
    pixel,
    publish,
    scalar,
    streams,
    until,
)
from tests.people import ACME, GLOBEX

pytestmark = pytest.mark.engines

MARIA = Wanted(ACME, "a" * 32, ("maria", "player-7"))
ALL = {0: 1_000_000}


@pytest.fixture
def nats(tmp_path):
    engine = engines.nats(tmp_path / "nats", free_port())
    with running(engine, tmp_path / "nats.log"):
        yield f"nats://127.0.0.1:{engine.port}"


@contextlib.asynccontextmanager
async def erasure(url):
    rows = ClickHouseErasure(url)
    try:
        yield rows
    finally:
        await rows.close()


@contextlib.asynccontextmanager
async def raw(url, nats):
    link, reader = Link(nats), clickhouse.Reader(url)
    try:
        yield JetStreamRaw(link, reader, partitions=1)
    finally:
        await link.close()
        await reader.close()


@contextlib.asynccontextmanager
async def letters(nats):
    link = Link(nats)
    try:
        yield JetStreamLetters(link)
    finally:
        await link.close()


async def rows_in(client, count):
    async def enough():
        return await scalar(client, "SELECT count() FROM facts") >= count

    await until(enough)


def of(player, name, kind="visit", **columns):
    return pixel(kind, name, player=player, source_ip="192.0.2.0", **columns)


CROWD = (
    of("maria", "1"),
    of("maria", "1"),
    of("jonas", "2"),
    of("maria", "3", "deposit", amount_micros=7, currency="EUR", at_us=NOW_US - 40 * DAY_US),
    of("player-7", "4", "registration"),
    of("maria", "5", tenant="globex"),
)


async def test_only_the_persons_rows_are_deleted(clickhouse_url, nats):
    async with streams(nats) as stream, database(clickhouse_url) as (url, client):
        async with ingesting(url, nats):
            await publish(stream, batch(*CROWD))
            await rows_in(client, 6)
        daily = "SELECT sum(count) FROM daily_events"
        counted = await scalar(client, daily)
        async with erasure(url) as rows:
            assert await rows.count(MARIA) == {"visit": 2, "deposit": 1, "registration": 1}
            await rows.erase(MARIA, ALL)
            assert await rows.count(MARIA) == {}
            await rows.erase(MARIA, ALL)
        left = await client.query("SELECT tenant, player FROM facts ORDER BY tenant")
        assert left.result_rows == [("acme", "jonas"), ("globex", "maria")]
        assert await scalar(client, "SELECT count() FROM seen") == 2
        assert await scalar(client, daily) == counted


async def test_rows_after_the_cut_belong_to_someone_new(clickhouse_url, nats):
    async with streams(nats) as stream, database(clickhouse_url) as (url, client):
        async with ingesting(url, nats):
            await publish(stream, batch(of("maria", "1")), batch(of("maria", "2")))
            await rows_in(client, 2)
        async with erasure(url) as rows:
            await rows.erase(MARIA, {0: 1})
            assert await rows.count(MARIA) == {"visit": 1}
            assert await rows.count(MARIA, {0: 1}) == {}
            assert await rows.count(MARIA, {}) == {}


async def test_money_stays_and_names_nobody(clickhouse_url, nats):
    async with streams(nats) as stream, database(clickhouse_url) as (url, client):
        async with ingesting(url, nats):
            await publish(stream, batch(bill("b", player="maria", user_agent="UA"), CROWD[0]))
            await rows_in(client, 2)
        async with erasure(url) as rows:
            await rows.erase(MARIA, ALL)
        bills = "SELECT kind, amount_micros, player, user_agent FROM facts"
        assert await scalar(client, bills) == ("bill", 2500, "", "")


async def test_no_statement_that_clickhouse_keeps_names_the_person(clickhouse_url, nats):
    async with streams(nats) as stream, database(clickhouse_url) as (url, client):
        async with ingesting(url, nats):
            await publish(stream, batch(*CROWD))
            await rows_in(client, 6)
        async with erasure(url) as rows:
            await rows.erase(MARIA, ALL)
        kept = await client.query(
            "SELECT command FROM system.mutations WHERE database = currentDatabase()"
        )
        assert kept.result_rows
        assert not any("maria" in command for (command,) in kept.result_rows)


async def test_an_export_tells_every_row_once(clickhouse_url, nats):
    async with streams(nats) as stream, database(clickhouse_url) as (url, client):
        async with ingesting(url, nats):
            await publish(stream, batch(*CROWD))
            await rows_in(client, 6)
        async with erasure(url) as rows:
            told = [row async for row in rows.told(MARIA)]
        assert [(row["seq"], row["idx"], row["player"]) for row in told] == [
            (1, 0, "maria"),
            (1, 1, "maria"),
            (1, 3, "maria"),
            (1, 4, "player-7"),
        ]
        assert told[2]["amount_micros"] == 7


async def test_filling_an_empty_table_again_brings_back_counts_and_no_person(clickhouse_url, nats):
    crowd = [batch(*CROWD), batch(of("jonas", "6"), of("maria", "7")), batch(of("maria", "8"))]
    daily = "SELECT kind, sum(count), sum(duplicates) FROM daily_events GROUP BY kind ORDER BY kind"
    async with streams(nats) as stream:
        async with database(clickhouse_url) as (url, client), ingesting(url, nats):
            await publish(stream, *crowd)
            await totals_in(client, 9)
            before = (await client.query(daily)).result_rows
            ids = {row[0] for row in (await client.query("SELECT event_id FROM seen")).result_rows}
        # What an operator does who lost ClickHouse: the streams are read from their beginning.
        await stream.jetstream().delete_key_value("INGEST_CLAIMS")
        async with database(clickhouse_url) as (url, client):
            erased = [Erased(ACME, MARIA.players, {0: 2}, "a salt")]
            await _ingested(url, nats, client, erased=erased, totals=9)
            assert (await client.query(daily)).result_rows == before
            named = "SELECT seq, idx, tenant, player FROM facts WHERE player != '' ORDER BY 1, 2"
            assert (await client.query(named)).result_rows == [
                (1, 2, "acme", "jonas"),
                (1, 5, "globex", "maria"),
                (2, 0, "acme", "jonas"),
                (3, 0, "acme", "maria"),
            ]
            nobodys = "SELECT count(), countIf(source_ip = '') FROM facts WHERE player = ''"
            assert await scalar(client, nobodys) == (5, 5)
            again = {
                row[0] for row in (await client.query("SELECT event_id FROM seen")).result_rows
            }
            assert len(ids & again) == 4


async def totals_in(client, count):
    """Wait for the tables behind the facts, which ClickHouse commits after them."""
    counted = "SELECT sum(count) + sum(duplicates) FROM daily_events"

    async def enough():
        return await scalar(client, counted) == count

    await until(enough)


async def _ingested(url, nats, client, *, erased, totals):
    async def told():
        return erased

    stop = asyncio.Event()
    ingest = FactsIngest(clickhouse_url=url, nats_url=nats, erased=told)
    task = asyncio.create_task(ingest.run(stop))
    await totals_in(client, totals)
    stop.set()
    await task


async def test_rows_on_their_way_in_are_seen(clickhouse_url, nats):
    async with (
        streams(nats) as stream,
        database(clickhouse_url) as (url, client),
        raw(url, nats) as facts,
    ):
        assert await facts.heads() == {0: 0}
        assert await facts.settled(MARIA, {0: 0})
        await publish(stream, batch(of("jonas", "1")), b"broken", batch(CROWD[5]))
        cuts = await facts.heads()
        assert cuts == {0: 3}
        assert await facts.settled(MARIA, cuts)
        await publish(stream, batch(of("jonas", "2"), of("maria", "3")))
        assert await facts.settled(MARIA, cuts)
        assert not await facts.settled(MARIA, {0: 4})
        async with ingesting(url, nats):
            await rows_in(client, 4)
        assert await facts.settled(MARIA, {0: 4})


async def test_the_raw_stream_is_gone_once_it_has_run_out(clickhouse_url, nats):
    async with (
        streams(nats) as stream,
        database(clickhouse_url) as (url, _client),
        raw(url, nats) as facts,
    ):
        assert await facts.gone({0: 0})
        await publish(stream, batch(CROWD[0]), batch(CROWD[1]))
        assert not await facts.gone({0: 1})
        await stream.jetstream().purge_stream("FACTS_00", seq=2)
        assert await facts.gone({0: 1})
        assert not await facts.gone({0: 2})


async def test_streams_that_nobody_made_yet_are_empty(clickhouse_url, nats):
    async with database(clickhouse_url) as (url, _client), raw(url, nats) as facts:
        assert await facts.heads() == {0: 0}
        assert await facts.settled(MARIA, {0: 0})
        assert await facts.gone({0: 0})
        async with letters(nats) as dead:
            assert await dead.redact(MARIA) == {"letters_blanked": 0}


async def test_ingest_makes_the_stream_that_it_buries_in(clickhouse_url, nats):
    async with streams(nats) as stream, database(clickhouse_url) as (url, client):
        await stream.jetstream().delete_stream("DLQ")
        async with ingesting(url, nats) as figures:
            await publish(stream, b"broken", batch(CROWD[2]))
            await rows_in(client, 1)

            async def buried():
                return figures.dead_letters == 1

            await until(buried)
        assert (await stream.jetstream().stream_info("DLQ")).state.messages == 1


async def test_dead_letters_are_blanked_and_stay_for_the_others(clickhouse_url, nats):
    async with streams(nats) as stream, database(clickhouse_url) as (url, _client):
        broken = bytearray(batch(of("maria", "1"), of("jonas", "2")))
        broken[-1] ^= 1
        theirs = bytearray(batch(of("maria", "1", tenant=str(GLOBEX))))
        theirs[-1] ^= 1
        async with ingesting(url, nats) as figures:
            await publish(stream, bytes(broken), bytes(theirs))

            async def buried():
                return figures.dead_letters == 2

            await until(buried)
        async with letters(nats) as dead:
            assert await dead.redact(MARIA) == {"letters_blanked": 1}
            assert await dead.redact(MARIA) == {"letters_blanked": 0}
        context = stream.jetstream()
        state = (await context.stream_info("DLQ")).state
        assert (state.messages, state.first_seq) == (2, 2)
        assert b"maria" in (await context.get_msg("DLQ", 2)).data
        blanked = await context.get_msg("DLQ", 3)
        assert b"maria" not in blanked.data
        assert b"jonas" in blanked.data
        assert len(blanked.data) == len(broken)
        assert blanked.headers["Cx-Sequence"] == "1"
