"""What more than one process is composed of: the event log that the settings name."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from adapters.sqlite_keys import SqliteKeyRing
from commands.ports import KeyRing
from ops.audit_trail import ProvableLog
from ops.data_dir import DataDir
from ops.obstacle import BadSettings
from ops.settings import Settings
from projections.ports import EventFeed

SQLITE = "sqlite:///"


class KeptLog(ProvableLog, EventFeed, Protocol):
    """All that an event log is asked for: streams, the feed, and proof."""


@contextlib.asynccontextmanager
async def opened_log(settings: Settings) -> AsyncIterator[KeptLog]:
    """Open the event log until the block ends; raises `BadSettings`, `LogUnreachable`."""
    async with log_at(settings) as log:
        yield log


def log_at(settings: Settings) -> contextlib.AbstractAsyncContextManager[KeptLog]:
    """Return the log that the settings name, unopened; raises `BadSettings`.

    Each kind is imported where it is chosen: the clients of the others take their time.
    """
    url = settings.event_log_url
    match urlsplit(url).scheme:
        case "postgresql":
            from adapters.postgres_log import PostgresEventLog  # noqa: PLC0415 - see above

            return PostgresEventLog(url)
        case "kurrentdb" | "esdb":
            from adapters.kurrentdb_log import KurrentDBEventLog  # noqa: PLC0415 - see above

            try:
                return KurrentDBEventLog(url)
            except ValueError as error:
                raise BadSettings(f"The setting event_log_url makes no sense: {error}.") from None
        case _:
            from adapters.sqlite_log import SqliteEventLog  # noqa: PLC0415 - see above

            return SqliteEventLog(log_path(settings))


@contextlib.asynccontextmanager
async def opened_keys(settings: Settings) -> AsyncIterator[KeyRing]:
    """Open the key ring until the block ends; raises `KeysUnreachable`."""
    directory = DataDir(settings.directory)
    async with SqliteKeyRing(directory.keys, directory.keyring_secret()) as keys:
        yield keys


def log_path(settings: Settings) -> Path:
    """Return the event log's file: `DIR/events.sqlite` unless the setting names another."""
    url = settings.event_log_url
    if not url:
        return DataDir(settings.directory).events
    if not url.startswith(SQLITE) or url == SQLITE:
        raise BadSettings(f"The setting event_log_url must be sqlite:///PATH, not {url!r}.")
    return Path(url.removeprefix(SQLITE))
