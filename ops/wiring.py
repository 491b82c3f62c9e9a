"""What more than one process is composed of: the event log that the settings name."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import structlog

from adapters.sqlite_keys import SqliteKeyRing
from adapters.sqlite_snapshots import SnapshotsUnreachable, SqliteSnapshots
from adapters.subject_keys import SECRET_BYTES
from commands.ports import KeyRing, KeysUnreachable, LogUnreachable
from commands.snapshots import Snapshots
from ops.audit_trail import ProvableLog
from ops.data_dir import DataDir
from ops.obstacle import BadSettings, Obstacle
from ops.patience import patiently
from ops.settings import Settings, masked
from projections.ports import EventFeed

SQLITE = "sqlite:///"

log = structlog.get_logger()


class KeptLog(ProvableLog, EventFeed, Protocol):
    """All that an event log is asked for: streams, the feed, and proof."""


class LogAway(Obstacle):
    """The event log is kept by a server or in a file that cannot be reached."""


class KeysAway(Obstacle):
    """The ring of persons' keys cannot be used: without it no name can be kept or read."""


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
    """Open the key ring until the block ends; raises `KeysAway` and `BadSettings`."""
    async with contextlib.AsyncExitStack() as open_things:
        try:
            keys = await open_things.enter_async_context(_keys_at(settings))
        except (KeysUnreachable, OSError) as fault:
            raise KeysAway(f"The keys of persons cannot be used: {fault}.") from None
        yield keys


def _keys_at(settings: Settings) -> contextlib.AbstractAsyncContextManager[KeyRing]:
    url, secret = keys_url(settings), keys_secret(settings)
    if urlsplit(url).scheme == "postgresql":
        from adapters.postgres_keys import PostgresKeyRing  # noqa: PLC0415 - as in `log_at`

        return PostgresKeyRing(url, secret)
    return SqliteKeyRing(url.removeprefix(SQLITE), secret)


@contextlib.asynccontextmanager
async def opened_snapshots(settings: Settings) -> AsyncIterator[Snapshots | None]:
    """Open the snapshots until the block ends: with a log in PostgreSQL there, else in a file.

    None when the file is spoilt: whoever has no snapshots replays.
    """
    if urlsplit(settings.event_log_url).scheme == "postgresql":
        from adapters.postgres_snapshots import PostgresSnapshots  # noqa: PLC0415 - as above

        async with PostgresSnapshots(settings.event_log_url) as kept:
            yield kept
        return
    async with contextlib.AsyncExitStack() as open_things:
        try:
            file = SqliteSnapshots(DataDir(settings.directory).snapshots)
        except SnapshotsUnreachable as fault:
            log.warning("snapshots_spoilt", why=str(fault))
            yield None
            return
        yield await open_things.enter_async_context(file)


def keys_url(settings: Settings) -> str:
    """Return where the key ring is: with the event log in PostgreSQL, else in a file."""
    if settings.keys_url:
        return settings.keys_url
    if urlsplit(settings.event_log_url).scheme == "postgresql":
        return settings.event_log_url
    return f"{SQLITE}{DataDir(settings.directory).keys}"


def keys_secret(settings: Settings) -> bytes:
    """Return what wraps the ring's keys; raises `BadSettings` for a file that holds no secret."""
    if not settings.keys_secret_file:
        return DataDir(settings.directory).keyring_secret()
    try:
        secret = Path(settings.keys_secret_file).read_bytes()
    except OSError as error:
        secret, why = b"", f"cannot be read ({error.strerror})"
    else:
        why = f"holds {len(secret)} bytes, not {SECRET_BYTES}"
    if len(secret) != SECRET_BYTES:
        raise BadSettings(f"The file that keys_secret_file names {why}.")
    return secret


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
