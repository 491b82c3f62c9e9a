"""`kill -9` of the process that erases, again and again: each step is done, and recorded once."""

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter

import pytest

from adapters import clickhouse
from adapters.clock import SystemClock
from adapters.sqlite_log import SqliteEventLog
from commands.desk import Desk
from commands.loyalty import EarnStars, EnrolMember, ask_member
from commands.ports import SubjectErased
from commands.privacy import REQUESTS, OpenRequest, open_privacy_request
from commands.transact import current
from domain.privacy.request import STEPS, Done
from ops import engines
from ops.settings import Settings
from ops.wiring import opened_keys
from tests.engines import HOUSE, free_port, running
from tests.facts import batch, pixel, publish, scalar, streams, until
from tests.people import ACME, BEN, asks, usd

pytestmark = [pytest.mark.faults, pytest.mark.engines]

PEOPLE = 12
DEADLINE_S = 90.0
# Rows that came in after the erasure had begun are nobody's from the first.
NAMED = "SELECT player, count() FROM facts WHERE player != '' GROUP BY player"


@pytest.fixture
def nats(tmp_path):
    engine = engines.nats(tmp_path / "nats", free_port())
    with running(engine, tmp_path / "nats.log"):
        yield f"nats://127.0.0.1:{engine.port}"


@pytest.fixture
def valkey(tmp_path):
    engine = engines.valkey(tmp_path / "valkey", free_port())
    with running(engine, tmp_path / "valkey.log"):
        yield f"redis://127.0.0.1:{engine.port}/0"


class Eraser:
    """The projector process, started and killed as often as a test likes."""

    def __init__(self, environment, log):
        self._environment = environment
        self._log = log
        self._process = None

    def start(self):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ops.run", "projector"],
            env=os.environ | self._environment, cwd=HOUSE, stdout=self._log, stderr=self._log,
        )  # fmt: skip

    def kill(self):
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()


async def met(desk, name):
    """Enrol someone who then earns stars, and return who they are in the log."""
    await ask_member(EnrolMember(member=name), asking=asks(BEN, f"in-{name}"), desk=desk)
    earning = EarnStars(member=name, purchase="p-1", amount=usd(40))
    await ask_member(earning, asking=asks(BEN, f"earn-{name}"), desk=desk)
    return await desk.keys.known(ACME, name)


async def test_every_erasure_ends_whole_however_often_it_is_killed(
    tmp_path, nats, valkey, clickhouse_url
):
    database = f"t{uuid.uuid4().hex}"
    urls = {"clickhouse_url": f"{clickhouse_url}/{database}", "redis_url": valkey, "nats_url": nats}
    settings = Settings(data_dir=str(tmp_path), projector_port=free_port(), **urls)
    environment = {
        f"CX_{name.upper()}": str(getattr(settings, name))
        for name in ("data_dir", "projector_port", *urls)
    }
    names = [f"person-{number}" for number in range(PEOPLE)]
    async with contextlib.AsyncExitStack() as stack:
        stream = await stack.enter_async_context(streams(nats))
        log = await stack.enter_async_context(SqliteEventLog(tmp_path / "events.sqlite"))
        keys = await stack.enter_async_context(opened_keys(settings))
        output = stack.enter_context((tmp_path / "projector.log").open("ab"))
        desk = Desk(log, SystemClock(), keys=keys)
        subjects = [await met(desk, name) for name in names]
        kept = await met(desk, "somebody")
        for name in (*names, "somebody"):
            await publish(
                stream, batch(*(pixel("visit", f"{name}/{i}", player=name) for i in "ab"))
            )
        eraser = Eraser(environment, output)
        eraser.start()
        stack.callback(eraser.kill)
        requests = [
            (
                await open_privacy_request(
                    OpenRequest(subject=name, kind="erasure"),
                    asking=asks(BEN, f"erase-{name}"),
                    desk=desk,
                )
            ).id
            for name in names
        ]
        await killed_until_done(eraser, desk, requests)
        await nothing_is_left(desk, subjects, requests)
        assert await keys.known(ACME, "somebody") == kept
        async with connected(urls["clickhouse_url"]) as client:
            await until(lambda: counted(client, 2 * (PEOPLE + 1)))
            players = await client.query(NAMED)
            assert players.result_rows == [("somebody", 2)]
            await client.command(f"DROP DATABASE {database}")


async def counted(client, visits):
    return await scalar(client, "SELECT sum(count) FROM daily_events") == visits


@contextlib.asynccontextmanager
async def connected(url):
    client = await clickhouse.client(url)
    try:
        yield client
    finally:
        await client.close()


async def left(desk, requests):
    states = [(await current(desk, REQUESTS, ACME, request)).state for request in requests]
    return [state for state in states if not isinstance(state, Done)]


async def killed_until_done(eraser, desk, requests):
    """Kill the process at moments nobody chose until all that was asked is done."""
    draw = random.Random(20260302)
    kills, deadline = 0, time.monotonic() + DEADLINE_S
    while await left(desk, requests):
        assert time.monotonic() < deadline, f"after {kills} kills: {await left(desk, requests)}"
        await asyncio.sleep(draw.uniform(0.8, 2.5))
        if kills < 8:
            eraser.kill()
            eraser.start()
            kills += 1
    assert kills > 2


async def nothing_is_left(desk, subjects, requests):
    for subject, request in zip(subjects, requests, strict=True):
        history = await desk.log.read(ACME, f"privacy-{request}")
        steps = Counter(
            json.loads(event.data)["done"]["step"]
            for event in history
            if event.kind == "privacy.step_done.v1"
        )
        assert steps == dict.fromkeys(STEPS["erasure"], 1)
        erased = await desk.log.read(ACME, f"subject-{subject.ref}")
        assert [event.kind for event in erased].count("subject.erased.v1") == 1
        with pytest.raises(SubjectErased):
            await desk.keys.seal(subject, "anything")
    assert not (await desk.log.verify()).findings
