"""The disk under the event log fills up: everything is refused plainly, and nothing is lost."""

import asyncio
import contextlib
import os
import subprocess

import pytest

from adapters.sqlite_log import SqliteEventLog
from commands.ports import LogUnreachable
from projections.access import ACCESS
from tests.api_world import ANA, BRIEF, running_world
from tests.contracts.logs import entry
from tests.people import ACME

pytestmark = pytest.mark.faults
DISK_BYTES = 2 * 1024 * 1024
WORD = b'{"kind":"told.v1","word":"' + b"x" * 20_000 + b'"}'


@pytest.fixture
def disk(tmp_path):
    """A disk of 2 MiB with a ballast file that a test can take away."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", place],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip(f"a small disk needs the right to mount one: {mounted.stderr.strip()}")
    (place / "ballast").write_bytes(bytes(DISK_BYTES // 2))
    yield place
    subprocess.run(["umount", "-l", place], check=True)


async def fill(log, stream="told-1"):
    """Append until the disk is full; return how many events were answered."""
    for version in range(1_000):
        try:
            await log.append(ACME, stream, [entry(WORD)], after=version)
        except LogUnreachable:
            return version
    raise AssertionError("the disk never filled up")


async def test_a_full_disk_refuses_appends_and_takes_them_again_once_there_is_room(disk):
    path = disk / "events.sqlite"
    async with SqliteEventLog(path) as log:
        answered = await fill(log)
        assert answered > 10
        for _ in range(3):
            with pytest.raises(LogUnreachable):
                await log.append(ACME, "told-1", [entry(WORD)], after=answered)
        history = await log.read(ACME, "told-1")
        assert len(history) == answered  # All that was answered is there, nothing else.
        assert (await log.verify()).findings == ()
        (disk / "ballast").unlink()
        await log.append(ACME, "told-1", [entry(WORD)], after=answered)
        assert (await log.verify()).findings == ()
    async with SqliteEventLog(path) as log:
        assert len(await log.read(ACME, "told-1")) == answered + 1
        assert await log.verify() == (answered + 1, 1, ())


async def test_of_many_who_write_at_once_each_is_told_the_truth(disk):
    async with SqliteEventLog(disk / "events.sqlite") as log:
        outcomes = await asyncio.gather(
            *(log.append(ACME, f"told-{n}", [entry(WORD)], after=0) for n in range(100)),
            return_exceptions=True,
        )
        assert any(isinstance(outcome, LogUnreachable) for outcome in outcomes)
        (disk / "ballast").unlink()
        for number, outcome in enumerate(outcomes):
            there = len(await log.read(ACME, f"told-{number}"))
            assert there == (0 if isinstance(outcome, LogUnreachable) else 1)
        assert (await log.verify()).findings == ()


async def test_the_api_answers_503_with_a_sentence_and_recovers(disk):
    async with (
        SqliteEventLog(disk / "events.sqlite") as log,
        running_world(log=log, projections=(ACCESS,)) as world,
        world.client(ANA) as ana,
    ):
        assert (await ana.post("/v1/campaigns", json=BRIEF)).status_code == 201
        with contextlib.suppress(OSError), (disk / "rubbish").open("wb") as rubbish:
            while True:
                os.write(rubbish.fileno(), bytes(65_536))
        answers = [await ana.post("/v1/campaigns", json=BRIEF) for _ in range(60)]
        refused = next(answer for answer in answers if answer.status_code != 201)
        assert refused.status_code == 503
        assert refused.headers["content-type"].startswith("application/problem+json")
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.json()["code"] == "try_again"
        assert answers[-1].status_code == 503
        (disk / "rubbish").unlink()
        assert (await ana.post("/v1/campaigns", json=BRIEF)).status_code == 201
        assert (await log.verify()).findings == ()
