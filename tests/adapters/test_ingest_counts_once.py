"""Facts travel from the stream into tables that count each of them once."""

import pytest

from ops import engines
from tests.engines import free_port, running
from tests.facts import (
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

pytestmark = pytest.mark.engines


@pytest.fixture
def nats(tmp_path):
    engine = engines.nats(tmp_path / "nats", free_port())
    with running(engine, tmp_path / "nats.log"):
        yield f"nats://127.0.0.1:{engine.port}"


async def rows_in(client, count):
    async def enough():
        return await scalar(client, "SELECT count() FROM facts") >= count

    await until(enough)


async def test_every_fact_is_readable_and_counted_by_day(clickhouse_url, nats):
    async with streams(nats) as stream, database(clickhouse_url) as (url, client):
        async with ingesting(url, nats):
            deposit = pixel("deposit", "a", banner_tag="spring", amount_micros=7, currency="EUR")
            await publish(stream, batch(pixel("visit", "a"), pixel("visit", "b")), batch(deposit))
            await publish(stream, batch(bid(reason=""), bid("no_bid", reason="geo"), bill("a")))
            await publish(stream, batch(bid("rejected", reason="playerId")))
            await rows_in(client, 7)
        assert await scalar(client, "SELECT sum(count) FROM daily_events WHERE kind='visit'") == 2
        assert await scalar(client, "SELECT sum(amount_micros) FROM daily_events") == 7
        assert await scalar(client, "SELECT sum(spend_micros) FROM daily_bidding") == 2500
        assert await scalar(client, "SELECT sum(count) FROM daily_rejected") == 1


async def test_a_repeat_is_kept_but_not_counted(clickhouse_url, nats):
    async with streams(nats) as stream, database(clickhouse_url) as (url, client):
        async with ingesting(url, nats) as figures:
            await publish(stream, batch(bill("a"), bill("a"), bill("b")))
            await rows_in(client, 3)
            await publish(stream, batch(bill("b"), bill("c")))
            await rows_in(client, 5)
        assert figures.duplicates == 2
        sums = "SELECT sum(count), sum(duplicates), sum(spend_micros) FROM daily_bidding"
        assert await scalar(client, sums) == (3, 2, 7500)


async def test_a_broken_batch_is_a_dead_letter_and_the_rest_goes_on(clickhouse_url, nats):
    async with streams(nats) as stream, database(clickhouse_url) as (url, client):
        broken = bytearray(batch(bill("x")))
        broken[-1] ^= 1
        async with ingesting(url, nats) as figures:
            await publish(stream, batch(bill("a")), bytes(broken), b"", batch(bill("b")))
            await rows_in(client, 2)
            await until(lambda: _is(figures, "dead_letters", 2))
        letter = await stream.jetstream().get_msg("DLQ", 1)
        assert letter.data == broken
        assert letter.headers["Cx-Sequence"] == "2"
        assert "checksum" in letter.headers["Cx-Reason"]


async def _is(figures, name, value):
    return getattr(figures, name) == value


async def test_a_row_clickhouse_cannot_read_takes_only_its_message_along(clickhouse_url, nats):
    async with streams(nats) as stream, database(clickhouse_url) as (url, client):
        cut_off = bill("x")[:-5]
        async with ingesting(url, nats) as figures:
            await publish(stream, batch(bill("a")), batch(cut_off, bill("y")), batch(bill("b")))
            await rows_in(client, 2)
            await until(lambda: _is(figures, "dead_letters", 1))
        assert await scalar(client, "SELECT sum(count) FROM daily_bidding") == 2


async def test_facts_wait_while_the_table_is_not_the_one_we_know(clickhouse_url, nats):
    async with streams(nats) as stream, database(clickhouse_url) as (url, client):
        await client.command("ALTER TABLE facts RENAME COLUMN detail TO elsewhere")
        async with ingesting(url, nats) as figures:
            await publish(stream, batch(bill("a")), batch(bill("b")))
            await until(lambda: _retried(figures))
            assert figures.dead_letters == 0
            await client.command("ALTER TABLE facts RENAME COLUMN elsewhere TO detail")
            await rows_in(client, 2)
            await until(lambda: _is(figures, "fault", ""))


async def test_a_table_with_a_newer_column_takes_the_facts_we_know(clickhouse_url, nats):
    async with streams(nats) as stream, database(clickhouse_url) as (url, client):
        await client.command("ALTER TABLE facts ADD COLUMN later UInt64 DEFAULT 7 AFTER seq")
        async with ingesting(url, nats):
            await publish(stream, batch(bill("a")))
            await rows_in(client, 1)
        assert await scalar(client, "SELECT later, kind FROM facts") == (7, "bill")


async def _retried(figures):
    return figures.retries > 1
