"""`cx backup` while others write, `cx restore` elsewhere, and what neither lets pass."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from adapters.sqlite_keys import SqliteKeyRing
from ops.data_dir import DataDir
from tests.contracts.forging import SqliteForger
from tests.engines import HOUSE
from tests.stories.command_line import run as cx
from tests.stories.test_cli_proves_the_record import seal

DEADLINE_S = 30.0


@pytest.fixture
def books(tmp_path):
    directory = tmp_path / "books"
    assert cx("tenant", "create", "Blue", "--data-dir", directory).returncode == 0
    seal(directory)
    return directory


@pytest.fixture
def backup(books, tmp_path):
    made = cx("backup", tmp_path / "backup", "--data-dir", books, "--json")
    assert made.returncode == 0, made.stderr
    return tmp_path / "backup"


def wait_until(happened):
    deadline = time.monotonic() + DEADLINE_S
    while not happened():  # Looked at, not slept through.
        assert time.monotonic() < deadline
        time.sleep(0.005)


def rows(directory):
    return SqliteForger(directory / "events.sqlite").rows()


def head(directory):
    forger = SqliteForger(directory / "events.sqlite")
    return forger.run("SELECT max(rowid) FROM stored_events")[0][0]


def rewritten(backup, change):
    """Change the events of a backup, its manifest too, as whoever has the files could."""
    events = gzip.decompress((backup / "events.jsonl.gz").read_bytes())
    (backup / "events.jsonl.gz").write_bytes(gzip.compress(change(events)))
    manifest = json.loads((backup / "manifest.json").read_text())
    told = subprocess.run(
        ["sha256sum", backup / "events.jsonl.gz"], capture_output=True, text=True, check=True
    )
    manifest["events_sha256"] = told.stdout.split()[0]
    (backup / "manifest.json").write_text(json.dumps(manifest))


def test_what_is_restored_is_the_log_row_by_row_and_its_views_too(books, backup, tmp_path):
    restored = cx("restore", backup, "--check", "--data-dir", tmp_path / "new", "--json")
    assert restored.returncode == 0, restored.stderr
    (told,) = json.loads(restored.stdout)
    assert (told["seal"], told["views"]) == (1, "the same")
    assert rows(tmp_path / "new") == rows(books)
    assert cx("audit", "verify", "--data-dir", tmp_path / "new").returncode == 0


def test_a_restore_goes_into_an_empty_log_only(books, backup):
    ended = cx("restore", backup, "--data-dir", books)
    assert ended.returncode == 1
    assert "holds events already" in ended.stderr


def test_a_backup_overwrites_nothing(books, backup):
    ended = cx("backup", backup, "--data-dir", books)
    assert ended.returncode == 1
    assert "exists already" in ended.stderr


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda events: events.replace(b"Blue", b"Bleu"), "not as they were recorded"),
        (lambda events: events[: events.rindex(b"\n", 0, -1) + 1], "was cut off"),
        (lambda events: b"\n".join(events.splitlines()[1:]) + b"\n", "not as they were recorded"),
        (lambda events: events + events.splitlines()[0] + b"\n", "not as they were recorded"),
        (lambda events: events[:-9], "is damaged"),
    ],
    ids=["edited", "cut", "deleted", "inserted", "torn"],
)
def test_a_backup_that_was_changed_is_refused_and_nothing_restored(backup, tmp_path, change, why):
    rewritten(backup, change)
    ended = cx("restore", backup, "--data-dir", tmp_path / "new")
    assert ended.returncode == 1
    assert why in ended.stderr
    assert not (tmp_path / "new" / "events.sqlite").exists()


def test_a_file_that_is_not_the_manifests_is_refused(backup, tmp_path):
    events = backup / "events.jsonl.gz"
    events.write_bytes(events.read_bytes()[:-1])
    ended = cx("restore", backup, "--data-dir", tmp_path / "new")
    assert "was changed or cut off after the backup" in ended.stderr
    (backup / "manifest.json").unlink()
    ended = cx("restore", backup, "--data-dir", tmp_path / "new")
    assert (ended.returncode, "is no finished backup" in ended.stderr) == (1, True)


def test_a_changed_log_is_backed_up_but_told(books, tmp_path):
    position, *_, state = rows(books)[0]
    changed = bytes(state).replace(b"Blue", b"Bleu")
    SqliteForger(books / "events.sqlite").edit(position, kind="tenant.opened.v1", envelope=changed)
    ended = cx("backup", tmp_path / "backup", "--data-dir", books)
    assert ended.returncode == 1
    assert "blue/tenant-blue version 1" in ended.stderr


def test_keys_come_along_but_never_over_a_ring_that_is_there(books, tmp_path):
    home = DataDir(books)
    SqliteKeyRing(home.keys, home.keyring_secret())
    assert cx("backup", tmp_path / "backup", "--data-dir", books).returncode == 0
    assert not (tmp_path / "backup" / "keyring.key").exists()
    restored = cx("restore", tmp_path / "backup", "--data-dir", tmp_path / "new")
    assert "open nothing without their secret" in restored.stderr
    ring = tmp_path / "new" / "keys.sqlite"
    assert (ring.stat().st_mode & 0o777, ring.stat().st_size > 0) == (0o600, True)
    (tmp_path / "new" / "events.sqlite").unlink()
    ring.write_bytes(b"newer")
    kept = cx("restore", tmp_path / "backup", "--data-dir", tmp_path / "new")
    assert kept.returncode == 0
    assert "is kept as it is" in kept.stderr
    assert ring.read_bytes() == b"newer"


def test_a_backup_while_others_write_is_whole_and_one_that_is_killed_is_not_there(books, tmp_path):
    url = f"sqlite:///{books}/events.sqlite"
    writing = subprocess.Popen(
        [sys.executable, "-m", "tests.contracts.appending", url, "100000", "x"],
        cwd=HOUSE,
    )
    try:
        wait_until(lambda: head(books) >= 200)
        made = cx("backup", tmp_path / "backup", "--data-dir", books, "--json")
        assert made.returncode == 0, made.stderr
        killed = subprocess.Popen(
            [sys.executable, "-m", "ops.cli", "backup", tmp_path / "half", "--data-dir", books],
            cwd=HOUSE, env=os.environ,
        )  # fmt: skip
        wait_until(lambda: list(tmp_path.glob(".half.*/events*")) or killed.poll() is not None)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    finally:
        writing.kill()
        writing.wait()
    assert not (tmp_path / "half").exists()
    restored = cx("restore", tmp_path / "backup", "--check", "--data-dir", tmp_path / "new")
    assert restored.returncode == 0, restored.stderr
    count = json.loads(made.stdout)[0]["events"]
    assert count >= 200
    assert rows(tmp_path / "new") == rows(books)[:count]
