"""The tail of a stream gives every message once and in order, whatever happens to its consumer."""

import pytest

from adapters.jetstream import JetStreamUnreachable
from adapters.jetstream_tail import Gap, Tail
from ops import engines
from tests.engines import free_port, running
from tests.facts import publish, streams

pytestmark = pytest.mark.engines


@pytest.fixture
def nats(tmp_path):
    engine = engines.nats(tmp_path / "nats", free_port())
    with running(engine, tmp_path / "nats.log"):
        yield f"nats://127.0.0.1:{engine.port}"


async def read(tail, count):
    found = []
    for _ in range(100):
        found += await tail.take(limit=37, wait_s=0.5)
        if len(found) >= count:
            return found
    raise AssertionError(f"{len(found)} of {count}")


async def test_it_starts_behind_a_sequence_and_follows(nats):
    async with streams(nats) as stream, Tail(stream, "FACTS_00", after=2) as tail:
        await publish(stream, *[b"%d" % n for n in range(1, 1_001)])
        found = await read(tail, 998)
        assert [one.payload for one in found] == [b"%d" % n for n in range(3, 1_001)]
        assert found[-1].pending == 0
        await publish(stream, b"1001")
        assert [one.seq for one in await read(tail, 1)] == [1_001]


async def test_a_lost_consumer_is_made_anew_behind_the_last_message(nats):
    async with streams(nats) as stream, Tail(stream, "FACTS_00", after=0) as tail:
        context = stream.jetstream()
        await publish(stream, b"1", b"2")
        assert [one.seq for one in await read(tail, 2)] == [1, 2]
        for consumer in await context.consumers_info("FACTS_00"):
            await context.delete_consumer("FACTS_00", consumer.name)
        await publish(stream, b"3")
        assert [one.seq for one in await read(tail, 1)] == [3]


async def test_what_the_stream_lost_is_a_gap(nats):
    async with streams(nats) as stream:
        context = stream.jetstream()
        await publish(stream, *[b"%d" % n for n in range(1, 9)])
        for seq in (1, 4, 5):
            await context.delete_msg("FACTS_00", seq)
        async with Tail(stream, "FACTS_00", after=0) as tail:
            assert [one.seq for one in await read(tail, 5)] == [2, 3, 6, 7, 8]
            assert tail.gaps == [Gap(1, 1), Gap(4, 5)]


async def test_a_stream_that_is_not_there_says_so(nats):
    async with streams(nats) as stream, Tail(stream, "FACTS_07", after=0) as tail:
        with pytest.raises(JetStreamUnreachable, match="FACTS_07"):
            await tail.take(limit=1, wait_s=0.1)


async def test_nothing_is_left_behind_at_the_server(nats):
    async with streams(nats) as stream:
        await publish(stream, b"1")
        async with Tail(stream, "FACTS_00", after=0) as tail:
            await read(tail, 1)
        assert await stream.jetstream().consumers_info("FACTS_00") == []
