"""What the SQLite event log promises beyond the contract: processes, crashes, evidence."""

import os
import signal
import sqlite3

import pytest

from adapters.sqlite_log import SqliteEventLog
from commands.ports import LogUnreachable
from tests.contracts.logs import appending, entry, followed
from tests.people import ACME, GLOBEX


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.sqlite"


async def test_processes_share_the_file_and_the_feed_has_no_gaps(path):
    async with SqliteEventLog(path) as log:
        writers = [await appending(f"sqlite:///{path}", 50, name) for name in ("one", "two")]
        history = await followed(log, count=200)
        assert [await writer.wait() for writer in writers] == [0, 0]
        assert [event.position for event in history] == list(range(1, 201))
        assert len(await log.read(ACME, "campaign-shared")) == 100
        assert await log.verify() == (200, 3, ())


async def test_killing_a_writer_loses_nothing_that_was_told_and_breaks_nothing(path):
    async with SqliteEventLog(path) as log:
        writer = await appending(f"sqlite:///{path}", 100_000, "one")
        seen = await followed(log, count=100)
        os.kill(writer.pid, signal.SIGKILL)
        await writer.wait()
        assert list(await log.after(0, limit=100)) == seen[:100]
        head = await log.head()
        verification = await log.verify()
        assert (verification.events, verification.findings) == (head, ())
        await log.append(ACME, "campaign-2", [entry()], after=0)
        assert await log.head() == head + 1


def tamper(path, statement):
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (
            "UPDATE stored_events SET state = replace(state, 'hello', 'HELLO') WHERE rowid = 2",
            "its content is not what was sealed",
        ),
        (
            "UPDATE stored_events SET state = replace(state, 'ana', 'ben') WHERE rowid = 2",
            "its content is not what was sealed",
        ),
        (
            "UPDATE stored_events SET topic = 'untold.v1' WHERE rowid = 2",
            "its content is not what was sealed",
        ),
        ("UPDATE stored_events SET state = x'00' WHERE rowid = 2", "it cannot be read"),
        ("DELETE FROM stored_events WHERE rowid = 2", "version 2 is missing: this is 3"),
        ("DELETE FROM stored_events WHERE rowid = 4", "position 4 is missing: this is 5"),
    ],
)
async def test_whoever_touches_history_is_found_out(path, statement, problem):
    async with SqliteEventLog(path) as log:
        await log.append(ACME, "campaign-1", [entry(), entry(), entry()], after=0)
        await log.append(GLOBEX, "campaign-1", [entry()], after=0)
        await log.append(ACME, "campaign-2", [entry()], after=0)
        tamper(path, statement)
        assert problem in {finding.problem for finding in (await log.verify()).findings}


async def test_one_stream_can_be_examined_up_to_its_damage(path):
    async with SqliteEventLog(path) as log:
        await log.append(ACME, "campaign-1", [entry(), entry(), entry()], after=0)
        tamper(path, "UPDATE stored_events SET state = x'00' WHERE rowid = 2")
        verification = await log.verify(ACME, "campaign-1")
        assert [finding.version for finding in verification.findings] == [2]
        with pytest.raises(LogUnreachable):
            await log.read(ACME, "campaign-1")


async def test_a_file_that_cannot_be_opened_is_unreachable(tmp_path):
    with pytest.raises(LogUnreachable):
        SqliteEventLog(tmp_path / "nowhere" / "events.sqlite")


async def test_a_log_that_cannot_be_written_says_so_and_recovers(path):
    async with SqliteEventLog(path) as log:
        await log.append(ACME, "campaign-1", [entry()], after=0)
        tamper(path, "ALTER TABLE stored_events RENAME TO hidden")
        with pytest.raises(LogUnreachable):
            await log.append(ACME, "campaign-1", [entry()], after=1)
        with pytest.raises(LogUnreachable):
            await log.read(ACME, "campaign-1")
        with pytest.raises(LogUnreachable):
            await log.after(0, limit=1)
        tamper(path, "ALTER TABLE hidden RENAME TO stored_events")
        assert await log.append(ACME, "campaign-1", [entry()], after=1) == (2, 2)


async def test_commits_are_synced_to_the_disk(path):
    async with SqliteEventLog(path) as log:
        await log.append(ACME, "campaign-1", [entry()], after=0)
        cursor = log._writer._pen.connection.cursor()
        cursor.execute("PRAGMA synchronous")
        assert cursor.fetchone()[0] == 2
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone()[0] == "wal"
