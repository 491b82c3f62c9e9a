"""A projector of our own for fault tests: every projection, from a log file into Redis."""

import asyncio
import sys

from adapters.redis_connection import connect
from adapters.redis_views import RedisViews
from adapters.sqlite_log import SqliteEventLog
from commands.ports import Fault
from projections.catalogue import PROJECTIONS
from projections.runner import Runner


async def project(path, redis_url):
    client = connect(redis_url)
    store = RedisViews(client)
    async with SqliteEventLog(path) as log:
        runners = [
            Runner(projection, feed=log, store=store, faults=(Fault,))
            for projection in PROJECTIONS.values()
        ]
        await asyncio.gather(*(runner.run(asyncio.Event()) for runner in runners))


if __name__ == "__main__":
    asyncio.run(project(*sys.argv[1:]))
