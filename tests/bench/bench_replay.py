"""How fast the event log is replayed into an empty view: from SQLite into Redis, on one core."""

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from adapters.redis_connection import connect
from adapters.redis_views import RedisViews
from adapters.sqlite_log import SqliteEventLog
from ops import engines
from projections.catalogue import PROJECTIONS
from projections.runner import Runner
from tests.bench.report import keep
from tests.engines import free_port, running
from tests.people import HISTORIES, PAUSED, RESUMED
from tests.projections.scribe import (
    ANA_JOINED,
    EDITED,
    OPENED,
    VOIDED,
    Scribe,
    allocated,
    issued,
    spent,
)

CAMPAIGNS = 2_500
AT_LEAST = 20_000  # events a second, for every view


async def fill(log):
    """A tenant with campaigns that were reviewed, edited, launched, paused, and spent money."""
    scribe = Scribe(log)
    await scribe.write("tenant-acme", OPENED, ANA_JOINED, issued("k1"), issued("k2"))
    review = HISTORIES["approved"]

    async def live_a_life(name):
        await scribe.campaign(*review, EDITED, VOIDED, *review[1:], *HISTORIES["live"][3:],
                              PAUSED, RESUMED, campaign=name)  # fmt: skip
        await scribe.budget(
            allocated(1_000, campaign=name),
            *(spent(n, campaign=name, last=n) for n in range(1, 14)),
            campaign=name,
        )

    names = [f"campaign{number}" for number in range(CAMPAIGNS)]
    for first in range(0, CAMPAIGNS, 100):
        await asyncio.gather(*(live_a_life(name) for name in names[first : first + 100]))
    return await log.head()


async def replay(projection, log, store, head):
    runner = Runner(projection, feed=log, store=store)
    started, cpu = time.perf_counter(), time.process_time()
    while await runner.step():
        pass
    assert runner.position == head
    return {
        "events_per_s": round(head / (time.perf_counter() - started)),
        "runner_cpu_us_per_event": round((time.process_time() - cpu) / head * 1e6, 1),
        "rows": len((await store.snapshot(f"{projection.name}_v1")).rows),
    }


async def measure(directory, redis_url):
    async with contextlib.AsyncExitStack() as open_things:
        log = await open_things.enter_async_context(SqliteEventLog(directory / "events.sqlite"))
        head = await fill(log)
        print(f"{head} events in the log", file=sys.stderr)
        client = connect(redis_url)
        open_things.push_async_callback(client.aclose)
        store = RedisViews(client)
        views = {name: await replay(p, log, store, head) for name, p in PROJECTIONS.items()}
    slowest = min(view["events_per_s"] for view in views.values())
    return {
        "what": "replay of the event log into an empty view, the slowest of five",
        "target": f"{AT_LEAST:,}/s",
        "seen": f"{slowest:,}/s",
        "met": slowest >= AT_LEAST,
        "events": head,
        "views": views,
    }


def main() -> None:
    """Pin ourselves and Valkey to one core, replay, print and keep the figures."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        engine = engines.valkey(directory / "valkey", free_port())
        with running(engine, directory / "valkey.log"):
            url = f"redis://127.0.0.1:{engine.port}/0"
            figures = uvloop.run(measure(directory, url))
    keep("replay", figures)
    print(f"{figures['what']}: {figures['seen']}")
    for name, view in figures["views"].items():
        print(f"  {name} {view}")


if __name__ == "__main__":
    main()
