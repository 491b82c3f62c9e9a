"""`cx projections`: where the views stand, rebuilding them, and mending what is parked."""

import contextlib
from collections.abc import AsyncIterator
from typing import NamedTuple

import msgspec

from adapters.redis_connection import RedisUnreachable, connect
from adapters.redis_views import RedisViews
from ops.data_dir import DataDir
from ops.obstacle import NotRunning, Obstacle
from ops.output import show_rows, tell
from ops.settings import Settings
from ops.wiring import opened_log
from projections import administration
from projections.administration import Stuck, Unlike
from projections.catalogue import PROJECTIONS
from projections.ports import EventFeed, Parked, ViewStore
from projections.projection import Projection

PARKED_COLUMNS = ("position", "tenant", "stream", "error")


class ProjectionUnknown(Obstacle):
    """There is no projection of that name."""


class ViewKept(Obstacle):
    """The rebuilt view may not replace the live one."""


class NothingParked(Obstacle):
    """No event is parked at that position."""


class Views(NamedTuple):
    """The log that views are made of, and the store that holds them."""

    feed: EventFeed
    store: ViewStore


async def status(*, settings: Settings, as_json: bool) -> int:
    """Show each view's version, position, lag and number of parked events."""
    async with _opened(settings) as views:
        standing = await administration.status(PROJECTIONS.values(), **views._asdict())
    show_rows([msgspec.to_builtins(each) for each in standing], as_json=as_json)
    return 0


async def rebuild(name: str, *, compare: bool, settings: Settings, as_json: bool) -> int:
    """Build a view again beside the live one, then swap; progress goes to stderr."""
    projection = _known(name)
    async with _opened(settings) as views:
        try:
            rebuilt = await administration.rebuild(
                projection, **views._asdict(), compare=compare, progress=_progress
            )
        except (Unlike, Stuck) as kept:
            raise ViewKept(f"The live view of {name} stays: {kept}.") from kept
    show_rows([msgspec.to_builtins(rebuilt)], as_json=as_json)
    return 0


async def parked(name: str | None, *, settings: Settings, as_json: bool) -> int:
    """List parked events and those queued behind them, of one view or of all."""
    chosen = [_known(name)] if name else list(PROJECTIONS.values())
    rows = []
    async with _opened(settings) as views:
        for projection in chosen:
            waiting = await administration.parked(projection, store=views.store)
            rows += [{"view": projection.name, **row} for row in _rows(waiting)]
    if not rows:
        tell("No event is parked.")
    show_rows(rows, as_json=as_json)
    return 0


async def retry(name: str, position: int | None, *, settings: Settings, as_json: bool) -> int:
    """Fold parked events again; show what stays parked, and exit 1 when something does."""
    async with _opened(settings) as views:
        left = await administration.retry(_known(name), **views._asdict(), position=position)
    show_rows(_rows(left), as_json=as_json)
    return 1 if left else 0


async def skip(name: str, position: int, *, settings: Settings, as_json: bool) -> int:
    """Pass over one parked event for good; show what stays parked."""
    async with _opened(settings) as views:
        try:
            left = await administration.skip(_known(name), **views._asdict(), position=position)
        except LookupError as error:
            raise NothingParked(f"{error}.") from None
    show_rows(_rows(left), as_json=as_json)
    return 0


@contextlib.asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Views]:
    client = connect(settings.redis_url or _embedded(settings))
    try:
        async with opened_log(settings) as log:
            yield Views(log, RedisViews(client))
    except RedisUnreachable as fault:
        raise NotRunning(f"Redis, which holds the views, does not answer: {fault}.") from None
    finally:
        await client.aclose()


def _embedded(settings: Settings) -> str:
    directory = DataDir(settings.directory)
    status = directory.read_status()
    if status is None or not directory.locked():
        raise NotRunning(f"No `cx up` runs on {directory.root}, and its Redis holds the views.")
    return f"redis://127.0.0.1:{status.processes['valkey'].port}/0"


def _known(name: str) -> Projection:
    if name not in PROJECTIONS:
        names = ", ".join(PROJECTIONS)
        raise ProjectionUnknown(f"There is no projection {name!r}; there are {names}.")
    return PROJECTIONS[name]


def _rows(waiting: list[Parked]) -> list[dict[str, object]]:
    return [{name: getattr(event, name) for name in PARKED_COLUMNS} for event in waiting]


def _progress(position: int, head: int) -> None:
    tell(f"{position} of {head} events")
