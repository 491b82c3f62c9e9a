"""What more than one process is composed of: the event log that the settings name."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from adapters.sqlite_keys import SqliteKeyRing
from adapters.sqlite_log import SqliteEventLog
from commands.ports import KeyRing
from ops.data_dir import DataDir
from ops.obstacle import BadSettings
from ops.settings import Settings

SQLITE = "sqlite:///"


@contextlib.asynccontextmanager
async def opened_log(settings: Settings) -> AsyncIterator[SqliteEventLog]:
    """Open the event log until the block ends; raises `BadSettings`, `LogUnreachable`."""
    async with SqliteEventLog(log_path(settings)) as log:
        yield log


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
