"""Workers as processes: they share a port, outlive each other, and stop when asked."""

import signal
import subprocess
import sys

import pytest

from tests.engines import HOUSE, free_port, wait_until_open
from tests.hotpath.wire import Wire, get, request, until

pytestmark = pytest.mark.engines
PIXEL = "/api/pixel/visit?playerId=p&bannerTag=t"
PATIENCE_S = 15


def is_ready(port):
    try:
        return get(port, "/readyz").status == 200
    except OSError:
        return False


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def worker(nats_url, port):
    started = []

    def start():
        command = [sys.executable, "-m", "tests.bench.bench_pixel", nats_url, str(port)]
        started.append(subprocess.Popen(command, cwd=HOUSE))
        wait_until_open(port, started[-1])
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(PATIENCE_S)


def test_a_worker_stops_within_seconds_and_says_so_with_zero(worker, port):
    process = worker()
    until(lambda: is_ready(port), "the worker is ready")
    with Wire(port) as idle:
        idle.send(request(PIXEL)).response()
        process.send_signal(signal.SIGTERM)
        assert idle.closed()
        assert process.wait(PATIENCE_S) == 0


def test_a_second_worker_takes_over_when_the_first_is_killed(worker, port):
    first = worker()
    second = worker()
    until(lambda: is_ready(port), "a worker is ready")
    first.kill()
    first.wait(PATIENCE_S)
    until(lambda: is_ready(port), "the other worker is ready")
    for _ in range(20):
        assert get(port, PIXEL).status == 200
    assert second.poll() is None


def test_a_port_that_is_taken_by_another_program_is_an_error(nats_url):
    taken = nats_url.rpartition(":")[2]
    command = [sys.executable, "-m", "tests.bench.bench_pixel", nats_url, taken]
    ended = subprocess.run(command, cwd=HOUSE, check=False, timeout=PATIENCE_S, capture_output=True)
    assert ended.returncode != 0
    assert b"in use" in ended.stderr
