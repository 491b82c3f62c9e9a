"""`cx demo --once`: the whole story on real engines, told twice on one directory."""

import json
import os
import subprocess
import sys

import pytest

from tests.engines import HOUSE, free_port

pytestmark = [pytest.mark.engines, pytest.mark.faults]

WITHIN_S = 120


def demo(directory, *flags):
    environment = os.environ | {
        "CX_API_PORT": str(free_port()), "CX_HOT_PORT": str(free_port()),
    }  # fmt: skip
    command = [sys.executable, "-m", "ops.cli", "demo", "--once", "--data-dir", str(directory)]
    return subprocess.run(
        [*command, *flags],
        cwd=HOUSE, env=environment, capture_output=True, text=True, check=False, timeout=WITHIN_S,
    )  # fmt: skip


def test_every_figure_agrees_with_what_was_sent_the_second_time_too(tmp_path):
    first = demo(tmp_path, "--json")
    assert first.returncode == 0, first.stderr
    told = json.loads(first.stdout)
    assert told["agreed"]
    assert told["funnel"]
    assert len(told["recovered_after_s"]) == 6
    again = demo(tmp_path)
    assert again.returncode == 0, again.stderr
    assert "Every figure, sent and read back" in again.stdout
    assert "campaign.went_live.v1" in again.stdout
