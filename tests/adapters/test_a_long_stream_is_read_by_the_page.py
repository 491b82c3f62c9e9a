"""A long stream in SQLite is read by the page: the same history, sooner."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from adapters.clock import StoppedClock
from adapters.memory import MemoryEventLog
from adapters.rows import RowUnreadable
from adapters.sqlite_log import SqliteEventLog
from commands.budget import BUDGETS
from commands.campaign import CAMPAIGNS
from commands.desk import Desk
from commands.ledger import HistoryUnreadable
from commands.transact import current
from tests.people import ACME, HISTORIES, MONDAY, SPRING
from tests.projections.scribe import allocated, entry, spent

EVENTS = 1_300  # more than two pages
STREAM = BUDGETS.stream(SPRING)
OLD = Path(__file__).parents[1] / "golden" / "old" / "campaign.edited.v0.json"
ROW = "SELECT state FROM stored_events WHERE originator_version = 900"
DAMAGE = "UPDATE stored_events SET state = ? WHERE originator_version = 900"


def history(every):
    """Return entries of which two each are one command's, so much time apart."""
    events = [allocated(5_000), *(spent(1, last=number) for number in range(1, EVENTS))]
    return [
        msgspec.structs.replace(
            entry(event), command_id=f"c{number // 2}", recorded_at=MONDAY + number * every
        )
        for number, event in enumerate(events)
    ]


async def written(log, entries, stream=STREAM):
    for first in range(0, len(entries), 500):
        await log.append(ACME, stream, entries[first : first + 500], after=first)


@pytest.fixture
async def log(tmp_path):
    async with SqliteEventLog(tmp_path / "events.sqlite") as log:
        yield log


def altered(path, change):
    """Rewrite the row of version 900 behind the log's back."""
    with closing(sqlite3.connect(path / "events.sqlite")) as file:
        (row,) = file.execute(ROW).fetchone()
        file.execute(DAMAGE, (change(row),))
        file.commit()


async def loaded(log, ledger=BUDGETS):
    return await current(Desk(log, StoppedClock(MONDAY)), ledger, ACME, SPRING)


@pytest.mark.parametrize("every", [timedelta(seconds=1), timedelta(minutes=15), timedelta(days=1)])
async def test_pages_lead_to_what_single_events_lead_to(log, every):
    entries, memory = history(every), MemoryEventLog()
    await written(log, entries)
    await written(memory, entries)
    paged, plain = await loaded(log), await loaded(memory)
    assert (paged.state, paged.version, paged.position) == (plain.state, EVENTS, plain.position)
    assert list(paged.remembered.items()) == list(plain.remembered.items())


async def test_two_who_load_at_once_see_the_whole_stream(log):
    await written(log, history(timedelta(minutes=15)))
    desk = Desk(log, StoppedClock(MONDAY))
    one, other = await asyncio.gather(*(current(desk, BUDGETS, ACME, SPRING) for _ in range(2)))
    assert one is other
    assert (one.version, one.state.watermarks) == (EVENTS, {0: EVENTS - 1})
    assert f"c{(EVENTS - 1) // 2}" in one.remembered


async def test_older_kinds_within_a_page_are_read_anew(log):
    events = [*HISTORIES["live"], *[OLD.read_bytes()] * 100]
    await written(log, [entry(event) for event in events], CAMPAIGNS.stream(SPRING))
    assert (await loaded(log, CAMPAIGNS)).version == len(events)


async def test_a_row_that_is_no_envelope_is_named(log, tmp_path):
    await written(log, history(timedelta(minutes=15)))
    altered(tmp_path, lambda row: row[:40])
    with pytest.raises(RowUnreadable, match="position 900"):
        await loaded(log)


async def test_an_event_nobody_can_read_is_named(log, tmp_path):
    await written(log, history(timedelta(minutes=15)))
    altered(tmp_path, lambda row: row.replace(b"budget.spent.v1", b"budget.eaten.v1"))
    with pytest.raises(HistoryUnreadable) as unreadable:
        await loaded(log)
    assert unreadable.value.args == (STREAM, 900)
