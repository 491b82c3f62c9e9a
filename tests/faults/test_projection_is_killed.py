import asyncio
import contextlib
import random
import subprocess
import sys

import pytest

from adapters.memory_views import MemoryViews
from adapters.redis_campaigns import RedisCampaignSource
from adapters.redis_connection import RedisUnreachable, connect
from adapters.redis_positions import RedisPositions
from adapters.redis_views import RedisViews
from adapters.sqlite_log import SqliteEventLog
from ops import engines
from projections.catalogue import PROJECTIONS
from projections.stored_views import StoredBudgets, StoredCampaignBoard
from tests.engines import HOUSE, free_port, running
from tests.people import ACME, HISTORIES, PAUSED, SPRING
from tests.projections.scribe import (
    ANA_JOINED,
    OPENED,
    Scribe,
    allocated,
    issued,
    kept_up,
    spent,
    until,
)

pytestmark = [pytest.mark.engines, pytest.mark.faults]


class Land:
    """A log in a file, a Redis to kill, and a projector in a process of its own."""

    def __init__(self, directory, log, client, valkey):
        self.log, self.client, self.views = log, client, RedisViews(client)
        self.scribe = Scribe(log)
        self._directory, self._valkey = directory, valkey

    def redis(self):
        return running(self._valkey, self._directory / "valkey.log")

    @contextlib.contextmanager
    def projector(self):
        where = [str(self._directory / "events.sqlite"), redis_url(self._valkey)]
        command = [sys.executable, "-m", "tests.faults.projector", *where]
        process = subprocess.Popen(command, cwd=HOUSE)
        try:
            yield process
        finally:
            process.kill()
            process.wait(5)


def redis_url(valkey):
    return f"redis://127.0.0.1:{valkey.port}/0"


@pytest.fixture
async def land(tmp_path):
    valkey = engines.valkey(tmp_path / "valkey", free_port())
    client = connect(redis_url(valkey))
    async with SqliteEventLog(tmp_path / "events.sqlite") as log:
        yield Land(tmp_path, log, client, valkey)
    await client.aclose()


async def some_work(scribe, number):
    name = f"c{number}"
    await scribe.campaign(*HISTORIES["live"], campaign=name)
    await scribe.budget(allocated(), spent(3), spent(4), campaign=name)
    if number:
        await scribe.budget(spent(1), campaign="c0")


async def caught_up(views, log):
    head = await log.head()
    try:
        return all([await views.position(name) == head for name in PROJECTIONS])
    except RedisUnreachable:
        return False


async def agree(views, log):
    """Every view in Redis holds what a view that nobody disturbed holds."""
    undisturbed = MemoryViews()
    for name, projection in PROJECTIONS.items():
        await kept_up(projection, log, undisturbed)
        live = await views.live(name)
        assert await views.snapshot(live) == await undisturbed.snapshot(f"{name}_v1")
        assert await views.parked(live) == []


async def test_a_projector_killed_again_and_again_loses_and_doubles_nothing(land):
    views, chance = land.views, random.Random(7)
    with land.redis():
        for number in range(4):
            with land.projector():
                before = await views.position("budgets")
                await some_work(land.scribe, number)
                await until(lambda before=before: moved(views, before))
                await asyncio.sleep(chance.uniform(0, 0.02))  # killed anywhere in a batch
                await some_work(land.scribe, number + 100)
        with land.projector():
            await until(lambda: caught_up(views, land.log))
        await agree(views, land.log)


async def moved(views, before):
    return await views.position("budgets") > before


async def test_redis_killed_and_started_again_still_agrees(land):
    views = land.views
    with land.projector() as process:
        for number in range(3):
            with land.redis() as server:
                await some_work(land.scribe, number)
                await until(lambda: caught_up(views, land.log))
                await some_work(land.scribe, number + 100)
                server.kill()
                server.wait(5)
                await some_work(land.scribe, number + 200)
        with land.redis():
            await until(lambda: caught_up(views, land.log))
            assert process.poll() is None
            await agree(views, land.log)


async def test_redis_that_lost_everything_is_filled_again(land):
    views = land.views
    with land.redis(), land.projector():
        await some_work(land.scribe, 0)
        await until(lambda: caught_up(views, land.log))
        await land.client.flushall()
        await until(lambda: caught_up(views, land.log))
        await agree(views, land.log)


async def test_the_hot_path_hears_of_changes_through_a_restart(land):
    source = RedisCampaignSource(land.client, land.views)
    heard = 0

    async def listen():
        nonlocal heard
        async for _ in source.changes():
            heard += 1

    async def hot(*names):
        with contextlib.suppress(RedisUnreachable):
            _, campaigns = await source.load()
            return sorted(campaign.campaign for campaign in campaigns) == sorted(names)

    async def more_than(before):
        return heard > before

    listening = asyncio.create_task(listen())
    with land.projector():
        with land.redis() as server:
            await land.scribe.write(f"tenant-{ACME}", OPENED, ANA_JOINED, issued("k1"))
            await some_work(land.scribe, 1)
            await until(lambda: hot("c1"))
            assert list(await source.holders()) == ["hash-of-k1"]
            server.kill()
            server.wait(5)
        with pytest.raises(RedisUnreachable):
            await source.load()
        with land.redis():
            before = heard
            await some_work(land.scribe, 2)
            await until(lambda: hot("c1", "c2"))
            await until(lambda: more_than(before))
            await land.scribe.campaign(PAUSED, campaign="c1")
            await until(lambda: hot("c2"))
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening


async def test_waiting_survives_a_restart_of_redis(land):
    views = land.views
    async with RedisPositions(land.client, views) as positions:
        with land.redis() as server:
            assert await positions.wait("budgets", 1, 0.1) is False
            server.kill()
            server.wait(5)
        with pytest.raises(RedisUnreachable):
            await positions.wait("budgets", 1, 0.1)
        with land.redis(), land.projector():
            waiting = asyncio.create_task(positions.wait("budgets", 1, 10))
            await land.scribe.budget(allocated())
            assert await waiting is True
            assert (await StoredBudgets(views).of(ACME, SPRING)).version == 1
            assert await StoredCampaignBoard(views).card(ACME, SPRING) is None
