"""`cx` from the outside: data on stdout, sentences on stderr, honest exit codes."""

import json
import os
import socket
import sqlite3
import subprocess
import sys

import pytest

from tests.engines import HOUSE, free_port


def cx(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "ops.cli", *map(str, arguments)],
        cwd=HOUSE, env=os.environ | environment, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """A data directory with one tenant, made without starting anything."""
    directory = tmp_path_factory.mktemp("books")
    keys = json.loads(cx("tenant", "create", "Blue Agency", "--data-dir", directory).stdout)
    return directory, keys


def test_every_command_is_listed():
    said = cx("--help").stdout
    for command in ("up", "demo", "doctor", "config", "audit", "projections", "bench", "tenant"):
        assert command in said


def test_settings_are_shown_with_their_origin_and_without_secrets():
    environment = {"CX_WORKERS": "2", "CX_REDIS_URL": "redis://me:secret@cache/0"}
    shown = cx("config", "show", "--origin", "--json", **environment)
    rows = {row["setting"]: row for row in json.loads(shown.stdout)}
    assert rows["workers"] == {
        "setting": "workers", "value": 2, "origin": "environment CX_WORKERS",
    }  # fmt: skip
    assert rows["redis_url"]["value"] == "redis://me:***@cache/0"
    assert "me:secret" not in shown.stdout


def test_bad_settings_end_with_a_sentence_and_a_code_of_their_own():
    ended = cx("config", "show", CX_API_PORT="eight")
    assert (ended.returncode, ended.stdout) == (78, "")
    assert ended.stderr.startswith("cx: The setting api_port (environment CX_API_PORT) is 'eight'")


def test_a_new_tenant_gets_its_keys_once(books):
    directory, keys = books
    assert keys["tenant"] == "blueagency"
    assert {"admin_key", "approver_key", "exchange_key", "site_key"} < set(keys)
    again = cx("tenant", "create", "Blue Agency", "--data-dir", directory)
    assert again.returncode == 1
    assert "exists already" in again.stderr
    log = (directory / "events.sqlite").read_bytes()
    assert keys["admin_key"].encode() not in log


def test_a_stream_is_replayed_with_the_state_after_each_event(books):
    directory, _ = books
    stream = ("tenant-blueagency", "--tenant", "blueagency", "--data-dir", directory, "--json")
    rows = json.loads(cx("audit", "show", *stream).stdout)
    assert [row["version"] for row in rows] == list(range(1, 8))
    assert rows[0]["kind"] == "tenant.opened.v1"
    assert [len(row["state"]["people"]) for row in rows[:3]] == [0, 1, 2]
    then = json.loads(cx("audit", "show", *stream, "--at-version", 2).stdout)
    assert (then["version"], list(then["state"]["people"])) == (2, ["admin"])


def test_a_stream_nobody_wrote_is_told_plainly(books):
    directory, _ = books
    ended = cx("audit", "show", "campaign-none", "--tenant", "x", "--data-dir", directory)
    assert ended.returncode == 1
    assert "has no stream campaign-none" in ended.stderr


def test_changed_history_is_found(tmp_path):
    cx("tenant", "create", "Red", "--data-dir", tmp_path)
    whole = cx("audit", "verify", "--data-dir", tmp_path, "--json")
    assert (whole.returncode, json.loads(whole.stdout)[0]["intact"]) == (0, True)
    with sqlite3.connect(tmp_path / "events.sqlite") as file:
        select = "SELECT rowid, state FROM stored_events LIMIT 1"
        row, state = file.execute(select).fetchone()
        changed = bytes(state).replace(b"Red", b"Bed")
        file.execute("UPDATE stored_events SET state = ? WHERE rowid = ?", (changed, row))
    file.close()
    broken = cx("audit", "verify", "--data-dir", tmp_path)
    assert broken.returncode == 1
    assert "not as they were recorded" in broken.stderr


def test_a_doctor_finds_a_taken_port_and_says_how_to_mend_it(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        seen = cx("doctor", "--data-dir", tmp_path, "--json", CX_HOT_PORT=port)
    findings = {row["check"]: row for row in json.loads(seen.stdout)}
    assert seen.returncode == 1
    assert not findings["hot_port"]["ok"]
    assert "--hot-port" in findings["hot_port"]["mend"]
    assert findings["python"]["ok"]
    assert findings["compiled kernels"]["ok"]
    assert findings["engine nats"]["ok"]
    assert findings["engine valkey"]["ok"]


def test_a_taken_port_stops_the_start_with_a_sentence_that_names_the_setting(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = cx("up", "--data-dir", tmp_path, "--api-port", port, "--hot-port", free_port())
    assert ended.returncode == 1
    assert f"Port {port} is in use" in ended.stderr
    assert "api_port" in ended.stderr


def test_a_directory_that_cannot_be_written_is_told(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    ended = cx("up", "--data-dir", file / "below")
    assert ended.returncode == 1
    assert "cannot be written" in ended.stderr
