"""The API process: commands, queries and the console, served by Granian in one process."""

import asyncio
import contextlib
import hashlib

import structlog
from granian.constants import Interfaces
from granian.server.embed import Server

from adapters.clickhouse import Reader
from adapters.clickhouse_metrics import ClickHouseMetrics
from adapters.clock import SystemClock
from adapters.redis_connection import connect
from adapters.redis_positions import RedisPositions
from adapters.redis_views import RedisViews
from ops.api_app import create_app
from ops.data_dir import DataDir
from ops.erasure_wiring import opened_exports
from ops.health import Health, clickhouse_answers, log_answers, redis_answers, views_keep_up
from ops.settings import Settings
from ops.sign_in_wiring import sign_in_parts
from ops.wiring import opened_keys, opened_log, opened_snapshots
from projections.catalogue import PROJECTIONS

STOP_WITHIN_S = 3.0
BACKLOG = 1024

log = structlog.get_logger()


async def run(settings: Settings, _index: int, stop: asyncio.Event) -> None:
    """Serve until told to stop."""
    secret = hashlib.blake2b(
        DataDir(settings.directory).notice_secret(), digest_size=32, person=b"cx-session"
    ).digest()
    async with contextlib.AsyncExitStack() as open_things:
        event_log = await open_things.enter_async_context(opened_log(settings, stop=stop))
        keys = await open_things.enter_async_context(opened_keys(settings))
        redis = connect(settings.redis_url)
        open_things.push_async_callback(redis.aclose)
        views = RedisViews(redis)
        positions = await open_things.enter_async_context(RedisPositions(redis, views))
        counted = Reader(settings.clickhouse_url)
        open_things.push_async_callback(counted.close)
        exports = await open_things.enter_async_context(
            opened_exports(settings, log=event_log, keys=keys, clock=SystemClock(), store=views)
        )
        app = create_app(
            log=event_log,
            keys=keys,
            clock=SystemClock(),
            views=views,
            positions=positions,
            metrics=ClickHouseMetrics(counted),
            exports=exports,
            readiness=Health(
                {
                    "event_log": log_answers(event_log),
                    "redis": redis_answers(redis),
                    "clickhouse": clickhouse_answers(counted),
                    "views": views_keep_up(
                        positions,
                        list(PROJECTIONS),
                        head=await event_log.head(),
                    ),
                }
            ),
            session_secret=secret,
            sign_in=sign_in_parts(settings),
            snapshots=await open_things.enter_async_context(opened_snapshots(settings)),
            rate_per_minute=settings.key_rate_per_minute or None,
        )
        await _serve(app, settings, stop)


async def _serve(app: object, settings: Settings, stop: asyncio.Event) -> None:
    server = Server(
        app,
        address=settings.host,
        port=settings.api_port,
        interface=Interfaces.ASGI,
        backlog=BACKLOG,
        log_enabled=False,
        websockets=False,
    )
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    log.info("serving", url=settings.api_url)
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    server.stop()  # type: ignore[no-untyped-call]
    # Open event streams have no end of their own, so the wait for them has.
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(serving, STOP_WITHIN_S)
