"""`cx restore`: a backup becomes the log again, in whatever keeps it now, and proves itself."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec

from adapters.keys_copy import plant_keys
from adapters.portable import BATCH, FileDamaged, events_in, sha256_of
from adapters.replanting import replant
from adapters.sqlite_log import SqliteEventLog
from commands.ports import Overtaken
from domain.envelope import Recorded
from ops.audit_proof import told
from ops.backup import EVENTS, FORMAT, KEYS, MANIFEST, Manifest, Reckoning
from ops.data_dir import DataDir
from ops.obstacle import DirectoryTaken, Obstacle
from ops.output import show_rows, tell
from ops.settings import Settings
from ops.view_check import differences
from ops.wiring import KeptLog, keys_url, log_path, opened_log

AT_ONCE = 256  # appends under way, where the log commits in the order it is asked
IN_TURN = ("kurrentdb", "esdb")


class BackupRefused(Obstacle):
    """The backup is incomplete, was changed, or is none."""


class LogNotEmpty(Obstacle):
    """A restore goes into an empty log only."""


class NotRestored(Obstacle):
    """What came out is not what went in."""


async def restore(directory: str, *, check: bool, settings: Settings, as_json: bool) -> int:
    """Restore a backup into the log that the settings name, which must be empty.

    With `check` every view is built from the backup and from the restored log, and compared.
    """
    source = Path(directory)
    manifest = await asyncio.to_thread(examined, source)
    home = DataDir(settings.directory)
    home.create()
    if home.locked():
        raise DirectoryTaken(f"`cx up` runs on {home.root}: restore into another directory.")
    file = log_path(settings)
    if file is None:
        at_once = 1 if settings.event_log_url.startswith(IN_TURN) else AT_ONCE
        async with opened_log(settings) as log:
            await _planted(log, source, manifest, at_once=at_once, check=check)
    else:
        await _into_file(file, source, manifest, check=check)
    keys = await asyncio.to_thread(_keys_restored, source / KEYS, keys_url(settings))
    show_rows([_shown(manifest, keys=keys, check=check)], as_json=as_json)
    return 0


def examined(source: Path) -> Manifest:
    """Return what the backup says it is, once it has proved so; raises `BackupRefused`."""
    try:
        manifest = msgspec.json.decode((source / MANIFEST).read_bytes(), type=Manifest)
        if manifest.format != FORMAT or manifest.version != 1:
            raise BackupRefused(f"{source} is a backup of a kind that this program cannot read.")
        if sha256_of(source / EVENTS) != manifest.events_sha256:
            raise BackupRefused(f"{source / EVENTS} was changed or cut off after the backup.")
        if manifest.keys_sha256 and sha256_of(source / KEYS) != manifest.keys_sha256:
            raise BackupRefused(f"{source / KEYS} was changed or cut off after the backup.")
        reckoning = Reckoning(anchor=manifest.anchor)
        for batch in events_in(source / EVENTS):
            reckoning.take(batch)
    except OSError as error:
        raise BackupRefused(f"{source} is no finished backup: {error.strerror}.") from None
    except (FileDamaged, msgspec.DecodeError) as error:
        raise BackupRefused(f"{source} is damaged: {error}.") from None
    _demand(reckoning, manifest, BackupRefused)
    return manifest


async def _into_file(path: Path, source: Path, manifest: Manifest, *, check: bool) -> None:
    """Restore beside the file's place, and put it there once it has proved itself."""
    if await asyncio.to_thread(path.exists):
        async with SqliteEventLog(path) as log:
            await _demand_empty(log)
    draft = path.with_name(f".{path.name}.restoring")
    _removed(draft)  # an earlier restore that was killed
    try:
        async with SqliteEventLog(draft) as log:
            await _planted(log, source, manifest, at_once=AT_ONCE, check=check)
        _removed(path)
        draft.rename(path)
    finally:
        _removed(draft)


async def _planted(
    log: KeptLog, source: Path, manifest: Manifest, *, at_once: int, check: bool
) -> None:
    await _demand_empty(log)
    try:
        await replant(log, _history(source), at_once=at_once)
    except Overtaken:
        raise LogNotEmpty("Somebody else wrote to the log while it was being restored.") from None
    reckoning, head = Reckoning(anchor=manifest.anchor), await log.head()
    while reckoning.head < head and (batch := await log.after(reckoning.head, limit=BATCH)):
        reckoning.take(list(batch))
    _demand(reckoning, manifest, NotRestored)
    if check:
        await _demand_same_views(log, source)


async def _demand_empty(log: KeptLog) -> None:
    if await log.head():
        raise LogNotEmpty("The log holds events already: a restore goes into an empty one only.")


def _demand(reckoning: Reckoning, manifest: Manifest, refusal: type[Obstacle]) -> None:
    """Raise unless the history is the manifest's, hash by hash, and its chains hold."""
    verification = reckoning.verification()
    for finding in verification.findings:
        tell(told(finding))
    if verification.findings:
        raise refusal(f"{len(verification.findings)} events are not as they were recorded.")
    if (verification.events, reckoning.digest) != (manifest.events, manifest.digest):
        raise refusal(
            f"The events are not those of the manifest: {verification.events} where "
            f"{manifest.events} were expected, or others, or in another order."
        )


async def _demand_same_views(log: KeptLog, source: Path) -> None:
    differing = await differences(lambda: events_in(source / EVENTS), log)
    if differing:
        raise NotRestored(f"Rebuilt views differ in {', '.join(differing[:10])}.")


def _history(source: Path) -> Iterator[Recorded]:
    done = 0
    for batch in events_in(source / EVENTS):
        yield from batch
        done += len(batch)
        if done % (20 * BATCH) == 0:
            tell(f"{done} events")


def _keys_restored(copy: Path, url: str) -> bool:
    """Put the ring in its place; one that is there already is newer and stays.

    It may have forgotten someone since, and must not remember them again.
    """
    if not copy.exists():
        return False
    if not plant_keys(copy, url):
        tell("The key ring is kept as it is: the backup's may know people who were erased since.")
        return False
    tell("The keys open nothing without their secret, which no backup holds: put it beside them.")
    return True


def _removed(path: Path) -> None:
    """Take away a SQLite file with what belongs to it."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _shown(manifest: Manifest, *, keys: bool, check: bool) -> dict[str, object]:
    return {
        "events": manifest.events,
        "streams": manifest.streams,
        "made_at": manifest.made_at,
        "source": manifest.source,
        "seal": manifest.anchor.seal if manifest.anchor else 0,
        "keys": keys,
        "views": "the same" if check else "not compared",
    }
