"""`cx audit` proves the record, backs it up and finds what was done to it."""

import asyncio
import json
import sqlite3

import pytest

from adapters.clock import SystemClock
from adapters.sqlite_log import SqliteEventLog
from commands.desk import Desk
from commands.sealing import Sealing
from tests.stories.command_line import run as cx


def seal(directory):
    async def step():
        async with SqliteEventLog(directory / "events.sqlite") as log:
            return await Sealing(Desk(log, SystemClock()), log).step()

    return asyncio.run(step())


def changed(directory, statement):
    with sqlite3.connect(directory / "events.sqlite") as file:
        file.execute(statement)
    file.close()


@pytest.fixture
def books(tmp_path):
    directory = tmp_path / "books"
    assert cx("tenant", "create", "Blue", "--data-dir", directory).returncode == 0
    return directory


def test_a_log_without_a_seal_has_no_anchor_to_hand_out(books):
    ended = cx("audit", "anchor", "--data-dir", books)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Nothing is sealed yet" in ended.stderr


def test_an_anchor_proves_that_nothing_was_cut_off(books, tmp_path):
    assert seal(books) == 1
    kept = tmp_path / "anchor.json"
    shown = cx("audit", "anchor", kept, "--data-dir", books, "--json")
    assert json.loads(shown.stdout) == json.loads(kept.read_text())
    assert json.loads(shown.stdout)["seal"] == 1
    whole = cx("audit", "verify", "--anchor", kept, "--data-dir", books, "--json")
    (row,) = json.loads(whole.stdout)
    assert (whole.returncode, row["intact"], row["seals"]) == (0, True, 1)
    assert (row["sealed"], row["anchored"]) == (row["events"] - 1, 1)
    changed(books, "DELETE FROM stored_events WHERE rowid > 4")
    assert cx("audit", "verify", "--data-dir", books).returncode == 0
    cut = cx("audit", "verify", "--anchor", kept, "--data-dir", books)
    assert cut.returncode == 1
    assert "system/audit-log version 1 (position" in cut.stderr
    assert "was cut off after seal 0" in cut.stderr


def test_a_file_that_is_no_anchor_is_refused_with_a_sentence(books, tmp_path):
    (tmp_path / "note").write_text("[]")
    for file, why in (("note", "is no anchor"), ("none", "cannot be read")):
        ended = cx("audit", "verify", "--anchor", tmp_path / file, "--data-dir", books)
        assert ended.returncode == 1
        assert why in ended.stderr


def test_only_one_tenants_streams_are_looked_into_when_asked(books):
    assert cx("tenant", "create", "Red", "--data-dir", books).returncode == 0
    changed(books, "UPDATE stored_events SET topic = 'x.v1' WHERE rowid = 1")
    blue = cx("audit", "verify", "--tenant", "blue", "--data-dir", books)
    red = cx("audit", "verify", "--tenant", "red", "--data-dir", books)
    assert (blue.returncode, red.returncode) == (1, 0)
    assert "blue/tenant-blue version 1 (position 1)" in blue.stderr
