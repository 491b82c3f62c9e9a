"""`cx backup`: the log and the key ring as a directory that any log can be restored from.

The log only grows, so its events up to a position are a snapshot by themselves: nothing is
locked, and whatever keeps the log is read through its port.
"""

import asyncio
import hashlib
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from adapters.keys_copy import copy_keys
from adapters.portable import BATCH, EventsFile, sha256_of
from domain.audit import Anchor
from domain.chain import Chains, Verification
from domain.envelope import Recorded
from ops.audit_proof import HistoryChanged, demand_log, told
from ops.obstacle import Obstacle
from ops.output import show_rows, tell
from ops.settings import Settings
from ops.wiring import keys_url, opened_log
from projections.ports import EventFeed

EVENTS, KEYS, MANIFEST = "events.jsonl.gz", "keys.sqlite", "manifest.json"
FORMAT = "campaign-express-backup"
TOLD_EVERY = 20 * BATCH


class BackupInTheWay(Obstacle):
    """There is something where the backup should go."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a backup holds, and how to see that it still does."""

    format: str = FORMAT
    version: int = 1
    made_at: datetime
    source: str  # the kind of log it was read from
    events: int
    streams: int
    head: int  # the position of the last event, as the source numbered it
    digest: str  # hex SHA-256 over all event hashes in order
    anchor: Anchor | None  # the newest seal
    events_sha256: str  # of the file
    keys_sha256: str | None  # None: there was no key ring beside the log


class Reckoning:
    """Counts, chains and digests a history on its way from somewhere to somewhere."""

    def __init__(self, *, anchor: Anchor | None = None) -> None:
        self.chains = Chains(anchor=anchor)
        self.head = 0
        self._digest = hashlib.sha256()

    def take(self, batch: list[Recorded]) -> None:
        """Reckon with further events."""
        self.chains.follow(batch)
        self._digest.update("".join([recorded.hash for recorded in batch]).encode())
        self.head = batch[-1].position

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()

    def verification(self) -> Verification:
        return self.chains.verification()


async def backup(directory: str, *, settings: Settings, as_json: bool) -> int:
    """Write a backup into a new directory; raises `HistoryChanged` when the log is damaged.

    What is half done when it is interrupted lies beside it under a hidden name.
    """
    demand_log(settings)
    target, draft = _places(directory)
    try:
        verification = await _written(draft, target, settings=settings, as_json=as_json)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    for finding in verification.findings:
        tell(told(finding))
    if verification.findings:
        raise HistoryChanged("The backup is written, but the log it was made of was changed.")
    return 0


def _places(directory: str) -> tuple[Path, Path]:
    """Return where the backup will be, and where it grows: hidden beside it."""
    target = Path(directory).absolute()
    if target.exists():
        raise BackupInTheWay(f"{target} exists already: a backup makes its own directory.")
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise BackupInTheWay(f"{draft} cannot be made: {error.strerror}.") from None
    return target, draft


async def _written(draft: Path, target: Path, *, settings: Settings, as_json: bool) -> Verification:
    reckoning = Reckoning()
    # The log first: an event whose key is missing is lost, a key without events harms nobody.
    async with opened_log(settings) as log:
        await _copied(log, draft / EVENTS, reckoning)
    keys = await asyncio.to_thread(copy_keys, keys_url(settings), draft / KEYS)
    verification = reckoning.verification()
    manifest = Manifest(
        made_at=datetime.now(UTC),
        source=urlsplit(settings.event_log_url).scheme or "sqlite",
        events=verification.events,
        streams=verification.streams,
        head=reckoning.head,
        digest=reckoning.digest,
        anchor=reckoning.chains.newest,
        events_sha256=sha256_of(draft / EVENTS),
        keys_sha256=sha256_of(draft / KEYS) if keys else None,
    )
    _seal(draft, target, manifest)
    show_rows([_shown(target, manifest)], as_json=as_json)
    return verification


async def _copied(log: EventFeed, path: Path, reckoning: Reckoning) -> None:
    """Copy all events up to the newest of this moment."""
    file, head = EventsFile(path), await log.head()
    while reckoning.head < head:
        history = await log.after(reckoning.head, limit=BATCH)
        batch = [recorded for recorded in history if recorded.position <= head]
        if not batch:
            break  # The log lost its end meanwhile; the chains tell.
        await asyncio.to_thread(_take, batch, file, reckoning)
        if reckoning.verification().events % TOLD_EVERY == 0:
            tell(f"position {reckoning.head} of {head}")
    await asyncio.to_thread(file.finish)


def _take(batch: list[Recorded], file: EventsFile, reckoning: Reckoning) -> None:
    reckoning.take(batch)
    file.put(batch)


def _seal(draft: Path, target: Path, manifest: Manifest) -> None:
    """Give the finished directory its name: it appears whole or not at all."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    (draft / MANIFEST).write_bytes(text + b"\n")
    for path in (*draft.iterdir(), draft):
        _sync(path)
    draft.rename(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _shown(target: Path, manifest: Manifest) -> dict[str, object]:
    return {
        "backup": str(target),
        "events": manifest.events,
        "streams": manifest.streams,
        "head": manifest.head,
        "seal": manifest.anchor.seal if manifest.anchor else 0,
        "keys": manifest.keys_sha256 is not None,
    }
