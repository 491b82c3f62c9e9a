"""A running `cx up`, seen from outside: its credentials, its doors, its lock, its logs."""

import json
import os
import stat
import subprocess
import sys
import urllib.request

import pytest

from tests.engines import HOUSE, free_port

pytestmark = pytest.mark.engines

KEYS = {
    "api_url", "hot_url", "tenant", "admin_key", "approver_key", "exchange_key", "site_key",
}  # fmt: skip


def fetched(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.status, answer.read()


def test_the_first_start_leaves_credentials_only_their_owner_can_read(platform):
    file = platform.directory / "credentials.json"
    assert set(platform.credentials) == KEYS
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("door", ["api_url", "hot_url"])
def test_both_doors_say_how_they_are(platform, door):
    url = platform.credentials[door]
    assert fetched(url + "/healthz")[0] == 200
    status, body = fetched(url + "/readyz")
    assert status == 200
    assert json.loads(body)["dependencies"]
    assert b"# TYPE" in fetched(url + "/metrics")[1]


def test_the_projector_says_how_it_is_on_loopback(platform):
    port = json.loads((platform.directory / "ports.json").read_text())["projector"]
    status, body = fetched(f"http://127.0.0.1:{port}/readyz")
    assert (status, json.loads(body)["status"]) == (200, "ready")
    metrics = fetched(f"http://127.0.0.1:{port}/metrics")[1]
    assert b"cx_projection_position" in metrics
    assert b"cx_ingest_rows" in metrics


def test_a_second_start_on_the_same_directory_is_told_who_is_there(platform):
    command = [sys.executable, "-m", "ops.cli", "up", "--data-dir", str(platform.directory)]
    ports = ["--api-port", str(free_port()), "--hot-port", str(free_port())]
    second = subprocess.run(
        [*command, *ports], cwd=HOUSE, capture_output=True, text=True, check=False, timeout=30
    )
    assert second.returncode == 1
    assert f"process {platform.process.pid}" in second.stderr


def test_a_doctor_sees_that_every_process_is_ready(platform):
    command = [sys.executable, "-m", "ops.cli", "doctor", "--json"]
    seen = subprocess.run(
        [*command, "--data-dir", str(platform.directory)],
        cwd=HOUSE, env=os.environ, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    findings = {row["check"]: row for row in json.loads(seen.stdout)}
    for name in ("api", "projector", "hot-0", "nats", "valkey", "clickhouse"):
        assert findings[f"process {name}"]["ok"], findings


def test_every_line_of_every_log_is_json(platform):
    logs = sorted((platform.directory / "logs").glob("*.log"))
    assert {log.stem for log in logs} >= {"api", "projector", "hot-0", "nats", "valkey"}
    for log in logs:
        # Lines end with a line feed alone: an address may hold what Python calls an end of line.
        for line in filter(None, log.read_text().split("\n")):
            assert "event" in json.loads(line), f"{log.name}: {line}"
