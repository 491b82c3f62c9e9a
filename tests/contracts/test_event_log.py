"""What every event log promises, whatever keeps it."""

import asyncio

import pytest

from commands.ports import EventLog, Happenings, NameUnfit, Overtaken, TooMuchForOneEvent
from domain.chain import seal_of
from domain.envelope import GENESIS
from projections.ports import EventFeed
from tests.contracts.logs import BACKENDS, DEADLINE_S, SHARED, appending, entry, followed
from tests.people import ACME, GLOBEX


@pytest.fixture(params=BACKENDS)
def backend(request):
    return BACKENDS[request.param](request)


@pytest.fixture
async def log(backend):
    async with backend.opened() as log:
        yield log


def test_a_log_is_a_log_and_a_feed_and_what_processes_follow(log):
    assert isinstance(log, EventLog)
    assert isinstance(log, EventFeed)
    assert isinstance(log, Happenings)


async def test_a_stream_nobody_wrote_to_is_empty(log):
    assert list(await log.read(ACME, "campaign-1")) == []
    assert list(await log.after(0, limit=10)) == []
    assert await log.head() == 0


async def test_what_was_appended_reads_back_to_the_last_byte(log):
    told = entry('{"kind":"told.v1","word":"Grüße \\u0001","n":1.50}'.encode())
    appended = await log.append(ACME, "campaign-1", [told], after=0)
    (recorded,) = await log.read(ACME, "campaign-1")
    for name in told.__struct_fields__:
        assert getattr(recorded, name) == getattr(told, name)
    assert (recorded.tenant, recorded.stream, recorded.version) == (ACME, "campaign-1", 1)
    assert appended == (1, recorded.position)
    assert recorded.previous == GENESIS
    assert recorded.hash == seal_of(recorded)


async def test_each_event_is_sealed_with_the_one_before_it(log):
    await log.append(ACME, "campaign-1", [entry(), entry()], after=0)
    await log.append(ACME, "campaign-1", [entry()], after=2)
    first, second, third = await log.read(ACME, "campaign-1")
    assert (second.previous, third.previous) == (first.hash, second.hash)
    assert [event.version for event in (first, second, third)] == [1, 2, 3]


async def test_a_part_of_a_stream_can_be_read(log):
    await log.append(ACME, "campaign-1", [entry() for _ in range(200)], after=0)
    part = await log.read(ACME, "campaign-1", after=3, upto=150)
    assert [event.version for event in part] == list(range(4, 151))
    assert list(await log.read(ACME, "campaign-1", after=200)) == []


@pytest.mark.parametrize("after", [0, 2])
async def test_an_append_at_another_version_is_overtaken_and_leaves_no_trace(log, after):
    await log.append(ACME, "campaign-1", [entry()], after=0)
    with pytest.raises(Overtaken):
        await log.append(ACME, "campaign-1", [entry()], after=after)
    assert len(await log.read(ACME, "campaign-1")) == 1
    assert len(await log.after(0, limit=10)) == 1


async def test_of_many_writers_at_one_version_exactly_one_wins(log):
    attempts = [log.append(ACME, "campaign-1", [entry(), entry()], after=0) for _ in range(50)]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    won = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert [appended.version for appended in won] == [2]
    assert sum(isinstance(outcome, Overtaken) for outcome in outcomes) == 49
    assert len(await log.after(0, limit=1_000)) == 2


async def test_one_loser_does_not_fail_the_others(log):
    await log.append(ACME, "campaign-0", [entry()], after=0)
    attempts = [log.append(ACME, f"campaign-{n}", [entry()], after=0) for n in range(40)]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    assert [isinstance(outcome, Overtaken) for outcome in outcomes] == [True] + [False] * 39


async def test_writers_that_retry_lose_nothing(log):
    async def write(count):
        for _ in range(count):
            while True:
                after = len(await log.read(ACME, "campaign-1"))
                try:
                    await log.append(ACME, "campaign-1", [entry()], after=after)
                except Overtaken:
                    continue
                break

    await asyncio.gather(*(write(10) for _ in range(8)))
    history = await log.read(ACME, "campaign-1")
    assert [event.version for event in history] == list(range(1, 81))


async def test_the_same_stream_name_is_another_stream_for_another_tenant(log):
    await log.append(ACME, "campaign-1", [entry()], after=0)
    await log.append(GLOBEX, "campaign-1", [entry(), entry()], after=0)
    assert len(await log.read(ACME, "campaign-1")) == 1
    assert {event.tenant for event in await log.read(GLOBEX, "campaign-1")} == {GLOBEX}


@pytest.mark.parametrize(
    "key", ["3b241101-e2bb-4255-8caf-4136c566a962", "a.b-c", "tulpe ü", "$x", "0"]
)
async def test_keys_are_any_text(log, key):
    await log.append(ACME, f"campaign-{key}", [entry()], after=0)
    (recorded,) = await log.after(0, limit=1)
    assert (recorded.tenant, recorded.stream) == (ACME, f"campaign-{key}")
    assert list(await log.read(ACME, f"campaign-{key}")) == [recorded]


async def test_the_feed_has_every_event_in_the_order_of_commits(log):
    async def write(stream):
        for version in range(20):
            await log.append(ACME, stream, [entry(), entry()], after=2 * version)

    await asyncio.gather(*(write(f"campaign-{n}") for n in range(10)))
    history = await followed(log, count=400, limit=37)
    positions = [event.position for event in history]
    assert positions == sorted(set(positions))
    assert await log.head() == positions[-1]
    for n in range(10):
        stream = f"campaign-{n}"
        assert [e for e in history if e.stream == stream] == list(await log.read(ACME, stream))


async def test_the_feed_waits_for_the_next_event(log):
    following = asyncio.create_task(followed(log, count=1))
    await asyncio.sleep(0)
    await log.append(ACME, "campaign-1", [entry()], after=0)
    assert len(await following) == 1


async def test_many_can_wait_for_the_same_event(log):
    following = [asyncio.create_task(followed(log, count=1)) for _ in range(20)]
    await asyncio.sleep(0)
    await log.append(ACME, "campaign-1", [entry()], after=0)
    assert [len(history) for history in await asyncio.gather(*following)] == [1] * 20


async def test_the_feed_does_not_wait_longer_than_asked(log):
    started = asyncio.get_running_loop().time()
    assert list(await log.after(0, limit=1, wait_s=0.05)) == []
    assert asyncio.get_running_loop().time() - started >= 0.05


def sized(count):
    frame = b'{"kind":"told.v1","word":""}'
    return frame[:-2] + b"x" * (count - len(frame)) + frame[-2:]


async def test_an_event_of_a_megabyte_is_an_event(log):
    data = sized(1_000_000)
    await log.append(ACME, "campaign-1", [entry(data), entry()], after=0)
    large, _ = await log.read(ACME, "campaign-1")
    assert large.data == data
    assert large.hash == seal_of(large)


async def test_a_larger_event_is_refused_and_leaves_no_trace(log):
    with pytest.raises(TooMuchForOneEvent) as refused:
        await log.append(ACME, "campaign-1", [entry(), entry(sized(1_000_001))], after=0)
    assert refused.value.details["bytes_max"] == "1000000"
    assert list(await log.read(ACME, "campaign-1")) == []
    assert await log.head() == 0


@pytest.mark.parametrize("key", ["a\0b", "\ud800", "x" * 1_000])
async def test_what_is_no_name_is_nobodys(log, key):
    await log.append(ACME, "campaign-1", [entry()], after=0)
    with pytest.raises(NameUnfit):
        await log.append(ACME, f"campaign-{key}", [entry()], after=0)
    assert list(await log.read(ACME, f"campaign-{key}")) == []
    assert len(await log.after(0, limit=10)) == 1


async def test_reopening_finds_everything_and_goes_on(backend):
    async with backend.opened() as log:
        await log.append(ACME, "campaign-1", [entry()], after=0)
        before = list(await log.after(0, limit=10))
    async with backend.opened() as log:
        assert list(await log.after(0, limit=10)) == before
        await log.append(ACME, "campaign-1", [entry()], after=1)
        first, second = await log.read(ACME, "campaign-1")
        assert [first] == before
        assert second.previous == first.hash
        assert second.position > first.position


async def test_who_follows_across_restarts_misses_nothing_that_others_write(backend):
    """Short goes, each from where the last one stopped, while 8 writers append in bursts."""
    total = 8 * 25 * 2
    quiet = asyncio.Event()

    async def write(log, name):
        for version in range(25):
            await log.append(ACME, f"campaign-{name}", [entry(), entry()], after=2 * version)

    async def write_all():
        async with backend.opened() as log:
            await asyncio.gather(*(write(log, name) for name in range(8)))
        quiet.set()

    writing = asyncio.create_task(write_all())
    history, position = [], 0
    async with asyncio.timeout(DEADLINE_S):
        while len(history) < total:
            async with backend.opened() as log:
                for _ in range(3):
                    batch = await log.after(position, limit=7, wait_s=0.2)
                    history += batch
                    position = batch[-1].position if batch else position
    await writing
    assert quiet.is_set()
    async with backend.opened() as log:
        assert history == list(await log.after(0, limit=1_000))
        assert await log.verify() == (total, 8, ())


@pytest.mark.parametrize("backend", SHARED, indirect=True)
async def test_processes_share_a_log_and_the_feed_has_no_gaps(backend):
    async with backend.opened() as log:
        writers = [await appending(backend.url, 20, name) for name in ("one", "two")]
        history = await followed(log, count=80)
        assert [await writer.wait() for writer in writers] == [0, 0]
        positions = [event.position for event in history]
        assert positions == sorted(set(positions))
        assert len(await log.read(ACME, "campaign-shared")) == 40
        assert await log.verify() == (80, 3, ())


async def test_who_is_overtaken_again_and_again_goes_on_each_time(backend):
    """Whatever is remembered of a stream to append faster is wrong here half of the time."""
    async with backend.opened() as one, backend.opened() as other:
        version = 0
        for _ in range(15):
            for log, late in ((one, other), (other, one)):
                await log.append(ACME, "campaign-1", [entry()], after=version)
                version += 1
                with pytest.raises(Overtaken):
                    await late.append(ACME, "campaign-1", [entry()], after=version - 1)
        assert await one.verify() == (30, 1, ())


async def test_another_process_is_heard_within_a_moment(backend):
    async with backend.opened() as log, backend.opened() as other:
        waiting = asyncio.create_task(log.after(0, limit=1, wait_s=DEADLINE_S))
        await asyncio.sleep(0.05)  # Long enough to be waiting; correct even if it were not.
        await other.append(ACME, "campaign-1", [entry()], after=0)
        started = asyncio.get_running_loop().time()
        assert len(await waiting) == 1
        assert asyncio.get_running_loop().time() - started < 2.0


async def test_five_thousand_streams_are_as_good_as_one(log):
    async def open_stream(number):
        await log.append(ACME, f"member-{number}", [entry()], after=0)

    for first in range(0, 5_000, 500):
        await asyncio.gather(*(open_stream(number) for number in range(first, first + 500)))
    assert await log.verify() == (5_000, 5_000, ())
    for number in (0, 2_500, 4_999):
        (recorded,) = await log.read(ACME, f"member-{number}")
        assert recorded.stream == f"member-{number}"


async def test_a_hundred_thousand_events_pass_through_the_feed(log):
    for stream in range(20):
        for chunk in range(5):
            entries = [entry() for _ in range(1_000)]
            await log.append(ACME, f"campaign-{stream}", entries, after=1_000 * chunk)
    history = await followed(log, count=100_000, limit=5_000)
    assert len({event.position for event in history}) == 100_000
    assert await log.head() == history[-1].position


async def test_an_untouched_history_verifies(log):
    for tenant in (ACME, GLOBEX):
        await log.append(tenant, "campaign-1", [entry(), entry()], after=0)
        await log.append(tenant, "campaign-2", [entry()], after=0)
    assert await log.verify() == (6, 4, ())
    assert await log.verify(ACME) == (3, 2, ())
    assert await log.verify(ACME, "campaign-2") == (1, 1, ())
