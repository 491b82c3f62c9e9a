"""Real engines for tests, on free ports, in directories of their own."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from ops.engines import Engine

HOUSE = Path(__file__).parents[1]
OPENING_S_MAX = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_open(port: int, process: subprocess.Popen, *, within_s: float = OPENING_S_MAX):
    """Return once the port accepts; fail when the process ends or time runs out."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"{process.args} ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.01)
    raise AssertionError(f"port {port} did not open within {within_s} s")


@contextlib.contextmanager
def running(engine: Engine, log: Path):
    """Run an engine until the block ends; yields the process."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            engine.command, stdout=output, stderr=output, cwd=HOUSE, start_new_session=True
        )
    try:
        wait_until_open(engine.port, process)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)
