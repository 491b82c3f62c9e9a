"""The projector process: views, the ingest of facts, and the process managers.

It also brings ClickHouse's schema up to date before it takes anything in.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial

import structlog
from prometheus_client import generate_latest

from adapters import clickhouse
from adapters.clickhouse_spend import ClickHouseSpend
from adapters.clock import SystemClock
from adapters.facts_ingest import FactsIngest, Figures
from adapters.redis_connection import connect
from adapters.redis_views import RedisViews
from commands.approval_rules import rule_seeding
from commands.budget_allocation import BudgetAllocation
from commands.budget_notices import budget_notices
from commands.budget_timers import budget_timers
from commands.campaign_timers import campaign_timers
from commands.consent_purge import ConsentPurge
from commands.desk import Desk
from commands.key_expiry import key_expiry
from commands.loyalty_timers import LoyaltyTimers
from commands.ports import Fault
from commands.raw_cuts import cuts_in_force
from commands.sealing import Sealing
from commands.shared_spending import shared_spending
from commands.snapshots import Snapshotting
from commands.spend import SpendRecording
from migrations.runner import SchemaRefused
from ops import side_door
from ops.erasure_wiring import opened_erasing
from ops.health import Health, Question, clickhouse_answers, log_answers, redis_answers
from ops.obstacle import BadSettings, Obstacle
from ops.patience import patiently, pause
from ops.settings import Settings
from ops.wiring import opened_keys, opened_log, opened_snapshots
from projections.administration import renew
from projections.catalogue import PROJECTIONS
from projections.ports import EventFeed, ViewStore, ViewUnreachable
from projections.runner import Runner

SPEND_EVERY_S = 1.0
HAPPENINGS_WAIT_S = 1.0
AGAIN_AFTER_S = 0.2

log = structlog.get_logger()


class SchemaObstacle(Obstacle):
    """The ClickHouse schema and this program do not fit."""

    exit_code = BadSettings.exit_code  # the same start would end the same way


async def run(settings: Settings, _index: int, stop: asyncio.Event) -> None:
    """Project, ingest and manage until told to stop."""
    async with contextlib.AsyncExitStack() as open_things:
        event_log = await open_things.enter_async_context(opened_log(settings, stop=stop))
        keys = await open_things.enter_async_context(opened_keys(settings))
        redis = connect(settings.redis_url)
        open_things.push_async_callback(redis.aclose)
        store = RedisViews(redis)
        await _schema(settings, stop)
        await _views(event_log, store, stop)
        counted = clickhouse.Reader(settings.clickhouse_url)
        open_things.push_async_callback(counted.close)
        snapshots = await open_things.enter_async_context(opened_snapshots(settings))
        taking = Snapshotting(event_log, snapshots) if snapshots else None
        desk = Desk(event_log, SystemClock(), keys=keys, snapshots=taking)
        erasing = await open_things.enter_async_context(
            opened_erasing(settings, desk=desk, happenings=event_log, store=store, counted=counted)
        )
        ingest = FactsIngest(
            clickhouse_url=settings.clickhouse_url,
            nats_url=settings.nats_url,
            partitions=settings.partitions,
            replicas=settings.nats_replicas,
            erased=partial(cuts_in_force, desk),
        )
        allocation = BudgetAllocation(desk, event_log)
        sealing = Sealing(desk, event_log)
        timers = campaign_timers(desk, event_log)
        expiry = key_expiry(desk, event_log)
        loyalty = LoyaltyTimers(desk, event_log)
        consent_purge = ConsentPurge(desk, event_log)
        seeding = rule_seeding(desk, event_log)
        expiring = budget_timers(desk, event_log)
        sharing = shared_spending(desk, event_log)
        notices = budget_notices(desk, event_log)
        spend = SpendRecording(desk, ClickHouseSpend(counted), partitions=settings.partitions)
        health = Health(
            {
                "event_log": log_answers(event_log),
                "redis": redis_answers(redis),
                "clickhouse": clickhouse_answers(counted),
                "ingest": _ingesting(ingest),
            }
        )
        await open_things.enter_async_context(
            side_door.opened(
                settings.projector_port,
                dependencies=health.dependencies,
                exposition=lambda: generate_latest() + _exposition(ingest.figures),
            )
        )
        log.info("projecting", port=settings.projector_port)
        await asyncio.gather(
            *(
                Runner(projection, feed=event_log, store=store, faults=(Fault,)).run(stop)
                for projection in PROJECTIONS.values()
            ),
            ingest.run(stop),
            _steps(lambda: allocation.step(wait_s=HAPPENINGS_WAIT_S), stop, every_s=0.0),
            _steps(lambda: expiry.step(wait_s=HAPPENINGS_WAIT_S), stop, every_s=0.0),
            _steps(lambda: timers.step(wait_s=HAPPENINGS_WAIT_S), stop, every_s=0.0),
            _steps(lambda: loyalty.step(wait_s=HAPPENINGS_WAIT_S), stop, every_s=0.0),
            _steps(lambda: consent_purge.step(wait_s=HAPPENINGS_WAIT_S), stop, every_s=0.0),
            _steps(lambda: seeding.step(wait_s=HAPPENINGS_WAIT_S), stop, every_s=0.0),
            _steps(lambda: sealing.step(wait_s=HAPPENINGS_WAIT_S), stop, every_s=0.0),
            _steps(lambda: erasing.step(wait_s=HAPPENINGS_WAIT_S), stop, every_s=0.0),
            _steps(lambda: expiring.step(wait_s=HAPPENINGS_WAIT_S), stop, every_s=0.0),
            _steps(lambda: sharing.step(wait_s=HAPPENINGS_WAIT_S), stop, every_s=0.0),
            _steps(lambda: notices.step(wait_s=HAPPENINGS_WAIT_S), stop, every_s=0.0),
            _steps(spend.step, stop, every_s=SPEND_EVERY_S),
        )


async def _schema(settings: Settings, stop: asyncio.Event) -> None:
    try:
        applied = await patiently(
            lambda: clickhouse.prepare(settings.clickhouse_url),
            faults=(Fault,),
            stop=stop,
            what="clickhouse",
        )
    except SchemaRefused as refused:
        raise SchemaObstacle(str(refused)) from refused
    if applied:
        log.info("schema brought up to date", steps=applied)


async def _views(feed: EventFeed, store: ViewStore, stop: asyncio.Event) -> None:
    """Rebuild the views that an earlier program kept in another shape."""
    renewed = await patiently(
        lambda: renew(PROJECTIONS.values(), feed=feed, store=store),
        faults=(Fault, ViewUnreachable),
        stop=stop,
        what="views",
    )
    for rebuilt in renewed:
        log.info("view rebuilt", name=rebuilt.name, view=rebuilt.view, parked=rebuilt.parked)


async def _steps(
    step: Callable[[], Awaitable[int]], stop: asyncio.Event, *, every_s: float
) -> None:
    """Take a process manager's steps; a fault of the world is waited out."""
    while not stop.is_set():
        try:
            await step()
        except Fault as fault:
            log.warning("process manager waits", fault=repr(fault))
            await pause(stop, AGAIN_AFTER_S)
        await pause(stop, every_s)


def _ingesting(ingest: FactsIngest) -> Question:
    async def ask() -> str:
        faults = [figures.fault for figures in ingest.figures if figures.fault]
        return faults[0] if faults else "ok"

    return ask


def _exposition(figures: list[Figures]) -> bytes:
    """Return the ingest's figures in Prometheus' text format."""
    lines = [
        f'cx_ingest_{name}{{partition="{each.partition}"}} {value}\n'
        for each in figures
        for name, value in asdict(each).items()
        if isinstance(value, int) and name != "partition"
    ]
    return "".join(lines).encode()
