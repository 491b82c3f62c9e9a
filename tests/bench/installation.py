"""A whole installation to measure: `cx up` in a directory of its own."""

import contextlib
import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

from tests.engines import HOUSE, free_port

STOPPING_S_MAX = 10


class Installation(NamedTuple):
    """Where it answers, with which keys, how long it took to be ready, where its files are."""

    credentials: dict
    ready_after_s: float
    process: subprocess.Popen
    directory: Path

    def ask(self, path: str) -> dict:
        """GET a path of the API with the admin's key."""
        request = urllib.request.Request(
            self.credentials["api_url"] + path,
            headers={"Authorization": f"Bearer {self.credentials['admin_key']}"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


def ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


@contextlib.contextmanager
def installed(directory: Path, *, within_s: float = 60):
    """Run `cx up` until the block ends; yields the `Installation` once both doors are ready."""
    api, hot = free_port(), free_port()
    command = [sys.executable, "-m", "ops.cli", "up", "--data-dir", str(directory)]
    started = time.monotonic()
    with (directory / "up.log").open("ab") as output:
        process = subprocess.Popen(
            [*command, "--api-port", str(api), "--hot-port", str(hot)],
            stdout=output, stderr=output, cwd=HOUSE,
        )  # fmt: skip
    try:
        while not (ready(f"http://127.0.0.1:{api}") and ready(f"http://127.0.0.1:{hot}")):
            if process.poll() is not None or time.monotonic() - started > within_s:
                raise AssertionError(f"cx up was not ready: {(directory / 'up.log').read_text()}")
            time.sleep(0.02)
        took = time.monotonic() - started
        credentials = json.loads((directory / "credentials.json").read_text())
        yield Installation(credentials, took, process, directory)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOPPING_S_MAX + 5)
