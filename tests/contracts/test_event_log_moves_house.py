"""A log is written to a file and restored into any other, and is the same log there."""

import asyncio
import gzip

import pytest

from adapters.clock import StoppedClock
from adapters.portable import EventsFile, FileDamaged, events_in, sha256_of
from adapters.replanting import replant
from commands.desk import Desk
from commands.sealing import SEALS, Sealing
from domain.audit.seals import STREAM, TENANT, anchor_of
from ops.view_check import differences
from tests.commands.desks import drafted
from tests.contracts.logs import BACKENDS, entry, followed
from tests.people import ACME, GLOBEX, MONDAY

AT_ONCE = {"memory": 64, "sqlite": 64, "postgresql": 64}


async def written(log, path):
    file = EventsFile(path)
    file.put(await log.after(0, limit=10_000))
    file.finish()


def history_in(path):
    return [recorded for batch in events_in(path) for recorded in batch]


def told(history):
    return [
        (each.tenant, each.stream, each.version, each.event_id, each.hash, each.data)
        for each in history
    ]


async def lived_in(log):
    """Let some things happen, sealed and not."""
    desk = Desk(log, StoppedClock(MONDAY))
    for number in range(3):
        await drafted(desk, key=f"draft-{number}")
    for version in range(30):
        for tenant in (ACME, GLOBEX):
            data = f'{{"kind":"told.v1","word":"Grüße {version}","n":1.50}}'.encode()
            await log.append(tenant, "told-1", [entry(data), entry()], after=2 * version)
    await Sealing(desk, log).step()
    await log.append(ACME, "told-2", [entry()], after=0)


@pytest.fixture
async def old(tmp_path):
    async with BACKENDS["sqlite"](Elsewhere(tmp_path)).opened() as log:
        await lived_in(log)
        yield log


class Elsewhere:
    """A request for a directory below the test's."""

    def __init__(self, directory):
        self.directory = directory / "old"
        self.directory.mkdir()

    def getfixturevalue(self, _name):
        return self.directory


@pytest.mark.parametrize("kind", BACKENDS)
async def test_a_log_is_itself_in_every_other(old, kind, request, tmp_path):
    path = tmp_path / "events.jsonl.gz"
    await written(old, path)
    before = await followed(old, count=125)
    async with BACKENDS[kind](request).opened() as new:
        await replant(new, history_in(path), at_once=AT_ONCE.get(kind, 1))
        after = await followed(new, count=125)
        assert told(after) == told(before)
        seals = await new.read(TENANT, STREAM)
        anchor = anchor_of(SEALS.decoder.decode(seals[-1].data))
        assert await new.verify(anchor=anchor) == (125, 7, ())
        assert await differences(lambda: events_in(path), new) == []
        # And it goes on as if nothing had happened.
        await Sealing(Desk(new, StoppedClock(MONDAY)), new).step()
        newest = SEALS.decoder.decode((await new.read(TENANT, STREAM))[-1].data)
        assert (newest.seal, newest.log, newest.total) == (2, anchor.log, 125)
        assert (await new.verify(anchor=anchor)).findings == ()


async def test_views_that_would_come_out_otherwise_are_told_by_row(old, tmp_path, request):
    path = tmp_path / "events.jsonl.gz"
    await written(old, path)
    async with BACKENDS["memory"](request).opened() as new:
        await replant(new, [each for each in history_in(path) if each.version > 0][:-1], at_once=1)
        await drafted(Desk(new, StoppedClock(MONDAY)), key="one more")
        differing = await differences(lambda: events_in(path), new)
        assert any(name.startswith("campaign_board/acme/") for name in differing)


async def test_a_file_is_as_it_was_written_to_the_last_byte(old, tmp_path):
    path = tmp_path / "events.jsonl.gz"
    await written(old, path)
    assert history_in(path) == list(await old.after(0, limit=10_000))
    with gzip.open(path) as lines:
        assert sum(1 for _ in lines) == 125


async def test_a_file_cut_off_anywhere_is_not_read_to_its_end(old, tmp_path):
    path = tmp_path / "events.jsonl.gz"
    await written(old, path)
    whole = path.read_bytes()
    for length in (1, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(FileDamaged):
            history_in(path)
    with pytest.raises(FileDamaged):
        sha256_of(tmp_path / "none")


async def test_a_copy_made_while_others_write_is_the_log_of_one_moment(tmp_path, request):
    path = tmp_path / "events.jsonl.gz"
    async with BACKENDS["sqlite"](request).opened() as log:
        stopped = asyncio.Event()

        async def write(stream):
            version = 0
            while not stopped.is_set():
                await log.append(ACME, stream, [entry()], after=version)
                version += 1

        writers = [asyncio.create_task(write(f"told-{n}")) for n in range(8)]
        await followed(log, count=200)
        await written(log, path)
        stopped.set()
        await asyncio.gather(*writers)
        copied = history_in(path)
        assert len(copied) >= 200
        assert copied == list(await log.after(0, limit=len(copied)))
