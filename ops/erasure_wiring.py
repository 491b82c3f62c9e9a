"""Every place where a person's data lies, as the settings name them, for access and erasure."""

import contextlib
from collections.abc import AsyncIterator

from adapters.clickhouse import Reader
from adapters.clickhouse_erasure import ClickHouseErasure
from adapters.jetstream_erasure import JetStreamLetters, JetStreamRaw, Link
from adapters.view_erasure import StoredPersonalViews
from commands.desk import Desk
from commands.erasing import Erasing
from commands.ports import Clock, EventLog, Happenings, KeyRing
from commands.privacy_ports import Places
from ops.privacy_export import ComputedExports
from ops.settings import Settings
from projections.catalogue import PROJECTIONS
from projections.ports import ViewStore


@contextlib.asynccontextmanager
async def opened_erasing(
    settings: Settings, *, desk: Desk, happenings: Happenings, store: ViewStore, counted: Reader
) -> AsyncIterator[Erasing]:
    """Yield the process manager of privacy requests over the settings' engines."""
    rows, link = ClickHouseErasure(settings.clickhouse_url), Link(settings.nats_url)
    places = Places(
        raw=JetStreamRaw(link, counted, partitions=settings.partitions),
        rows=rows,
        letters=JetStreamLetters(link),
        views=StoredPersonalViews(store, list(PROJECTIONS)),
    )
    try:
        yield Erasing(desk, happenings, places)
    finally:
        await rows.close()
        await link.close()


@contextlib.asynccontextmanager
async def opened_exports(
    settings: Settings, *, log: EventLog, keys: KeyRing, clock: Clock, store: ViewStore
) -> AsyncIterator[ComputedExports]:
    """Yield what tells all that is kept of a person, over the settings' engines."""
    facts = ClickHouseErasure(settings.clickhouse_url)
    views = StoredPersonalViews(store, list(PROJECTIONS))
    try:
        yield ComputedExports(log=log, keys=keys, clock=clock, views=views, facts=facts)
    finally:
        await facts.close()
