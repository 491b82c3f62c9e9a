import asyncio
import signal

import pytest

from adapters import redis_connection
from adapters.redis_announcements import announcements
from adapters.redis_connection import RedisUnreachable, connect
from adapters.redis_views import RedisViews
from ops import engines
from tests.engines import free_port, running

pytestmark = [pytest.mark.engines, pytest.mark.faults]


async def rows(client):
    while True:
        await RedisViews(client).row("board", "acme", "spring")


async def news(client):
    async for _ in announcements(client):
        pass


@pytest.mark.parametrize("work", [rows, news])
async def test_a_task_is_cancelled_at_any_moment_of_connecting(redis_url, work):
    for moment in range(40):
        client = connect(redis_url)
        task = asyncio.create_task(work(client))
        for _ in range(moment):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task], timeout=5)
        await client.aclose()

        assert task.cancelled(), f"after {moment} turns of the loop"


async def test_redis_that_does_not_answer_is_unreachable(tmp_path, monkeypatch):
    monkeypatch.setattr(redis_connection, "ANSWER_S_MAX", 0.2)
    valkey = engines.valkey(tmp_path / "valkey", free_port())
    client = connect(f"redis://127.0.0.1:{valkey.port}/0")
    views = RedisViews(client)
    with running(valkey, tmp_path / "valkey.log") as server:
        assert await views.position("board") == 0
        server.send_signal(signal.SIGSTOP)
        try:
            with pytest.raises(RedisUnreachable):
                await views.position("board")
        finally:
            server.send_signal(signal.SIGCONT)
        assert await views.position("board") == 0
    with pytest.raises(RedisUnreachable):
        await views.position("board")
    await client.aclose()
