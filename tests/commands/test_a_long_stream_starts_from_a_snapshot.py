"""A stream that grew long is read from its snapshot on, which is never trusted blindly."""

from functools import reduce
from typing import get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.clock import StoppedClock
from adapters.memory import MemoryEventLog
from adapters.memory_snapshots import MemorySnapshots
from adapters.sqlite_snapshots import SqliteSnapshots
from commands import snapshots as code
from commands.budget import BUDGETS
from commands.desk import Desk
from commands.ports import Fault
from commands.snapshots import Content, Snapshot, Snapshotting
from commands.transact import KeyReused, current, transact
from ops.audit_trail import LEDGERS
from tests.golden.shipped import SHIPPED
from tests.people import ACME, ANA, MONDAY, SPRING, asks
from tests.projections.scribe import Scribe, allocated, spent

STREAM = BUDGETS.stream(SPRING)
EVENTS = 1_200
SHORT = BUDGETS._replace(snapshot_every=3)


class CountingLog(MemoryEventLog):
    """A log that tells how many events were read of it."""

    read_events = 0

    async def read(self, tenant, stream, *, after=0, upto=None):
        history = await super().read(tenant, stream, after=after, upto=upto)
        self.read_events += len(history)
        return history


class Gone(MemorySnapshots):
    async def newest(self, *_):
        raise Fault("no snapshots today")


def desk(log, snapshots):
    return Desk(log, StoppedClock(MONDAY), snapshots=Snapshotting(log, snapshots))


async def long_stream(log):
    await Scribe(log).write(
        STREAM, allocated(5_000), *(spent(1, last=number) for number in range(1, EVENTS))
    )


@pytest.fixture(params=["memory", "sqlite"])
async def snapshots(request, tmp_path):
    if request.param == "memory":
        yield MemorySnapshots()
        return
    async with SqliteSnapshots(tmp_path / "snapshots.sqlite") as kept:
        yield kept


@pytest.fixture
async def log(snapshots):
    """A log with a long stream, of which a first reader left a snapshot."""
    log = CountingLog()
    await long_stream(log)
    first = desk(log, snapshots)
    await current(first, BUDGETS, ACME, SPRING)
    await first.snapshots.settled()
    log.read_events = 0
    return log


async def state(log, snapshots):
    folded = await current(desk(log, snapshots), BUDGETS, ACME, SPRING)
    return folded.version, folded.state, folded.position, folded.remembered


async def test_the_second_reader_reads_one_event(log, snapshots):
    told = await state(log, snapshots)
    assert log.read_events == 1  # the newest, to see that the snapshot is of this history
    assert told == await state(log, MemorySnapshots())


async def test_what_was_appended_since_is_folded_on_top(log, snapshots):
    scribe = Scribe(log)
    scribe.versions[ACME, STREAM] = EVENTS
    await scribe.write(STREAM, spent(7, last=EVENTS))
    version, budget, _, _ = told = await state(log, snapshots)
    assert (version, log.read_events) == (EVENTS + 1, 2)
    assert budget.spent_micros == (EVENTS - 1 + 7) * 1_000_000
    assert told == await state(log, MemorySnapshots())


async def test_a_command_that_comes_again_is_known_from_the_snapshot(snapshots):
    log = MemoryEventLog()
    first = desk(log, snapshots)
    asking = asks(ANA, "the same key")
    news = [allocated(50), spent(1), spent(2)]
    outcome = await transact(first, SHORT, SPRING, lambda _: news, asking=asking, at=MONDAY)
    await first.snapshots.settled()

    assert (await snapshots.newest(ACME, STREAM)).version == 3
    second = desk(log, snapshots)
    await current(second, SHORT, ACME, SPRING)
    again = await transact(second, SHORT, SPRING, lambda _: news, asking=asking, at=MONDAY)
    assert again == outcome._replace(replayed=True)
    other = msgspec.structs.replace(asking, fingerprint="another body")
    with pytest.raises(KeyReused):
        await transact(second, SHORT, SPRING, lambda _: news, asking=other, at=MONDAY)


async def test_a_snapshot_that_other_code_folded_is_passed_over(log, snapshots, monkeypatch):
    monkeypatch.setattr(code, "code_of", lambda _: "the code of tomorrow")
    later = desk(log, snapshots)
    folded = await current(later, BUDGETS, ACME, SPRING)
    assert (folded.version, log.read_events) == (EVENTS, EVENTS)

    await later.snapshots.settled()  # and it is replaced by one of the new code
    log.read_events = 0
    await state(log, snapshots)
    assert log.read_events == 1


async def spoilt(snapshots, **changes):
    kept = await snapshots.newest(ACME, STREAM)
    content = msgspec.msgpack.decode(kept.content, type=Content)
    content = msgspec.msgpack.encode(msgspec.structs.replace(content, **changes))
    worse = MemorySnapshots()
    await worse.keep(ACME, STREAM, kept._replace(content=content))
    return worse


@pytest.mark.parametrize(
    "changes",
    [
        {"hash": "0" * 64},
        {"stage": "Bankrupt"},
        {"stage": "Allocated", "state": msgspec.Raw(msgspec.msgpack.encode({"total": 7}))},
    ],
)
async def test_a_snapshot_that_does_not_fit_is_replayed_around(log, snapshots, changes):
    worse = await spoilt(snapshots, **changes)
    told = await state(log, worse)
    assert log.read_events >= EVENTS
    assert told == await state(log, MemorySnapshots())


@pytest.mark.parametrize("content", [b"", b"\xc1", b"\x00" * 64, b"not msgpack at all"])
async def test_a_torn_snapshot_is_replayed_around(log, snapshots, content):
    kept = await snapshots.newest(ACME, STREAM)
    torn = MemorySnapshots()
    await torn.keep(ACME, STREAM, kept._replace(content=content))
    assert (await state(log, torn))[0] == EVENTS


async def test_a_snapshot_of_events_the_log_lost_is_replayed_around(log, snapshots):
    history = log._streams[ACME, STREAM]
    del history[600:]  # an older backup was restored
    version, budget, _, _ = await state(log, snapshots)
    assert (version, budget.spent_micros) == (600, 599_000_000)


async def test_a_reader_does_without_snapshots_that_are_away(log):
    assert (await state(log, Gone()))[0] == EVENTS


async def test_an_older_snapshot_never_replaces_a_newer_one(snapshots):
    for version in (5, 9, 7):
        await snapshots.keep(ACME, STREAM, Snapshot(version, "code", b"%d" % version))
    assert await snapshots.newest(ACME, STREAM) == Snapshot(9, "code", b"9")
    await snapshots.keep(ACME, STREAM, Snapshot(2, "newer code", b"2"))
    assert (await snapshots.newest(ACME, STREAM)).version == 2
    assert await snapshots.newest("rival", STREAM) is None


@pytest.mark.parametrize("ledger", LEDGERS.values(), ids=LEDGERS)
@given(draw=st.data())
def test_a_state_goes_on_from_its_snapshot_as_from_its_history(ledger, draw):
    union = (
        get_args(get_type_hints(ledger.evolve)["event"]) or get_type_hints(ledger.evolve)["event"]
    )
    shipped = [event for _, event in SHIPPED if isinstance(event, union)]
    history = draw.draw(st.lists(st.sampled_from(shipped), max_size=40))
    cut = draw.draw(st.integers(0, len(history)))
    before = reduce(ledger.evolve, history[:cut], ledger.blank)
    stages = code._stages(ledger.evolve)
    kept = msgspec.msgpack.encode(before)
    resumed = msgspec.msgpack.decode(kept, type=stages[type(before).__name__])
    assert resumed == before
    assert reduce(ledger.evolve, history[cut:], resumed) == reduce(
        ledger.evolve, history, ledger.blank
    )
