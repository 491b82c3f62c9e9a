"""What more than one process is composed of: the event log that the settings name."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from adapters.sqlite_keys import SqliteKeyRing
from commands.ports import KeyRing, LogUnreachable
from ops.audit_trail import ProvableLog
from ops.data_dir import DataDir
from ops.obstacle import BadSettings, Obstacle
from ops.patience import patiently
from ops.settings import Settings, masked
from projections.ports import EventFeed

SQLITE = "sqlite:///"


class KeptLog(ProvableLog, EventFeed, Protocol):
    """All that an event log is asked for: streams, the feed, and proof."""


class LogAway(Obstacle):
    """The event log is kept by a server or in a file that cannot be reached."""


@contextlib.asynccontextmanager
async def opened_log(
    settings: Settings, *, stop: asyncio.Event | None = None
) -> AsyncIterator[KeptLog]:
    """Open the event log until the block ends.

    A process that can be told to stop waits for a server that is away. A command does not: it
    raises `LogAway`, also when the log goes away in the middle. Both raise `BadSettings`.
    """
    async with contextlib.AsyncExitStack() as open_things:

        async def opened() -> KeptLog:
            return await open_things.enter_async_context(log_at(settings))

        if stop is not None:
            faults = (LogUnreachable,) if log_path(settings) is None else ()
            yield await patiently(opened, faults=faults, stop=stop, what="event_log")
            return
        try:
            yield await opened()
        except LogUnreachable as fault:
            place = log_path(settings) or masked(settings.event_log_url)
            why = " ".join(str(fault).split()).rstrip(".?")
            raise LogAway(f"The event log at {place} cannot be used: {why}.") from None


def log_at(settings: Settings) -> contextlib.AbstractAsyncContextManager[KeptLog]:
    """Return the log that the settings name, unopened; raises `BadSettings`.

    Each kind is imported where it is chosen: the clients of the others take their time.
    """
    url = settings.event_log_url
    match scheme := urlsplit(url).scheme:
        case "postgresql":
            from adapters.postgres_log import PostgresEventLog  # noqa: PLC0415 - see above

            return PostgresEventLog(url)
        case "kurrentdb" | "esdb":
            from adapters.kurrentdb_log import KurrentDBEventLog  # noqa: PLC0415 - see above

            try:
                return KurrentDBEventLog(url)
            except (ValueError, OSError) as error:  # OSError: a certificate that is not there
                why = (
                    str(error).partition("://")[0].removesuffix(scheme).rstrip(": ")
                )  # no password
                raise BadSettings(f"The setting event_log_url makes no sense: {why}.") from None
        case _:
            from adapters.sqlite_log import SqliteEventLog  # noqa: PLC0415 - see above

            return SqliteEventLog(log_path(settings) or DataDir(settings.directory).events)


@contextlib.asynccontextmanager
async def opened_keys(settings: Settings) -> AsyncIterator[KeyRing]:
    """Open the key ring until the block ends; raises `KeysUnreachable`."""
    directory = DataDir(settings.directory)
    async with SqliteKeyRing(directory.keys, directory.keyring_secret()) as keys:
        yield keys


def log_path(settings: Settings) -> Path | None:
    """Return the event log's file, None when a server keeps it.

    It is `DIR/events.sqlite` unless the setting names another.
    """
    url = settings.event_log_url
    if not url:
        return DataDir(settings.directory).events
    if urlsplit(url).scheme != "sqlite":
        return None
    if not url.startswith(SQLITE) or url == SQLITE:
        raise BadSettings(f"The setting event_log_url must be sqlite:///PATH, not {url!r}.")
    return Path(url.removeprefix(SQLITE))
