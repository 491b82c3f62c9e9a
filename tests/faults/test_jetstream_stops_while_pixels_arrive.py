"""JetStream is stopped and killed under load; what was acknowledged is there afterwards."""

import os
import signal
import threading

import pytest

from hotpath.facts import Row
from ops import engines
from tests.engines import free_port, running
from tests.hotpath.wire import RunningWorker, Wire, facts, get, request, until

pytestmark = [pytest.mark.engines, pytest.mark.faults]
SENDERS = 8


class Sender(threading.Thread):
    """Sends numbered visits, one after the other, and remembers which were acknowledged."""

    def __init__(self, port, name):
        super().__init__(name=name, daemon=True)
        self.port, self.answers, self.enough = port, {}, threading.Event()

    def run(self):
        number = 0
        with Wire(self.port) as wire:
            while not self.enough.is_set():
                event = f"{self.name}-{number}"
                target = f"/api/pixel/visit?playerId={event}&bannerTag=t&e={event}"
                answer = wire.send(request(target)).response()
                self.answers[event] = (answer.status, answer.headers.get("retry-after"))
                number += 1

    def count(self, status):
        return sum(1 for seen, _ in list(self.answers.values()) if seen == status)


class Crowd:
    """Several senders at once."""

    def __init__(self, port):
        self.senders = [Sender(port, f"s{n}") for n in range(SENDERS)]
        for sender in self.senders:
            sender.start()

    def count(self, status):
        return sum(sender.count(status) for sender in self.senders)

    def at_least(self, more, status):
        wanted = self.count(status) + more
        until(lambda: self.count(status) >= wanted, f"{more} more answers of {status}")

    def stop(self):
        for sender in self.senders:
            sender.enough.set()
        for sender in self.senders:
            sender.join(10)
        return {event: said for sender in self.senders for event, said in sender.answers.items()}


def players(rows: list[Row]) -> list[str]:
    return [row.player for row in rows]


def test_a_killed_log_is_a_503_and_nothing_acknowledged_is_lost(tmp_path):
    port = free_port()
    engine = engines.nats(tmp_path / "nats", port)
    url = f"nats://127.0.0.1:{port}"
    with RunningWorker(url) as hot:
        with running(engine, tmp_path / "log") as process:
            crowd = Crowd(hot.ready().port)
            crowd.at_least(200, 200)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            crowd.at_least(50, 503)
            assert get(hot.port, "/readyz").status == 503
            assert get(hot.port, "/healthz").status == 200
        with running(engine, tmp_path / "log"):
            crowd.at_least(200, 200)
            answers = crowd.stop()
            stored = players(facts(url))
    acknowledged = {event for event, (status, _) in answers.items() if status == 200}
    assert acknowledged <= set(stored)
    assert len(stored) == len(set(stored))
    assert set(answers.values()) == {(200, None), (503, "1")}


def test_a_log_that_hangs_is_a_503_within_two_seconds(tmp_path):
    port = free_port()
    engine = engines.nats(tmp_path / "nats", port)
    url = f"nats://127.0.0.1:{port}"
    with running(engine, tmp_path / "log") as process, RunningWorker(url) as hot:
        crowd = Crowd(hot.ready().port)
        crowd.at_least(50, 200)
        os.kill(process.pid, signal.SIGSTOP)
        try:
            crowd.at_least(SENDERS, 503)
        finally:
            os.kill(process.pid, signal.SIGCONT)
        crowd.at_least(50, 200)
        answers = crowd.stop()
        until(hot.ready, "the worker is ready again")
        stored = set(players(facts(url)))
    assert {event for event, (status, _) in answers.items() if status == 200} <= stored


def test_a_full_log_is_a_503(tmp_path):
    port = free_port()
    engine = engines.nats(tmp_path / "nats", port)
    conf = tmp_path / "nats" / "nats.conf"
    conf.write_text(conf.read_text().replace("max_file_store: 20GB", "max_file_store: 64KB"))
    with (
        running(engine, tmp_path / "log"),
        RunningWorker(f"nats://127.0.0.1:{port}") as hot,
    ):
        crowd = Crowd(hot.ready().port)
        crowd.at_least(20, 503)
        answers = crowd.stop()
        stored = set(players(facts(f"nats://127.0.0.1:{port}")))
    assert {event for event, (status, _) in answers.items() if status == 200} <= stored
