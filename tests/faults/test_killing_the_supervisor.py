"""Stopping `cx up`, gently and with `kill -9`: nothing is left running, and it starts again."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.bench.installation import installed

pytestmark = [pytest.mark.faults, pytest.mark.engines]

STOPPED_WITHIN_S = 10
ORPHANS_GONE_WITHIN_S = 3


def pids(directory):
    status = json.loads((directory / "status.json").read_text())
    return [process["pid"] for process in status["processes"].values()]


def alive(pid):
    """Return whether a process runs; one that only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def assert_gone(processes, *, within_s):
    deadline = time.monotonic() + within_s
    while left := [pid for pid in processes if alive(pid)]:
        assert time.monotonic() < deadline, f"still running: {left}"
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
def test_a_request_to_stop_leaves_nothing_running(tmp_path, number):
    with installed(tmp_path) as installation:
        children = pids(tmp_path)
        installation.process.send_signal(number)
        assert installation.process.wait(STOPPED_WITHIN_S) == 0
        assert_gone(children, within_s=0.5)
        assert not (tmp_path / "status.json").exists()


def test_a_killed_supervisor_leaves_no_orphan_and_starts_again(tmp_path):
    with installed(tmp_path) as first:
        children = pids(tmp_path)
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.wait(5)
        assert_gone(children, within_s=ORPHANS_GONE_WITHIN_S)
    with installed(tmp_path) as again:
        assert again.ask("/v1/whoami")["tenant"] == first.credentials["tenant"]
        assert again.credentials["admin_key"] == first.credentials["admin_key"]
