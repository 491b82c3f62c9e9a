"""Head starts for long streams: state kept beside the log, believed only while it fits."""

import asyncio
import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import UnionType
from typing import Any, NamedTuple, Protocol, get_args, get_type_hints, runtime_checkable

import msgspec
import structlog

from commands.ledger import Folded, Ledger, Remembered
from commands.ports import EventLog, Fault
from domain.identity import TenantId

# What a state is made from. Any change to these may fold the same events into something else.
ROOTS = ("domain", "migrations/events")

log = structlog.get_logger(__name__)


class Snapshot(NamedTuple):
    """One stream's state as it lies beside the log; `fingerprint` names the code that folded it."""

    version: int
    fingerprint: str
    content: bytes


@runtime_checkable
class Snapshots(Protocol):
    """Where snapshots lie; losing them costs time and nothing else. Raises `Fault`."""

    async def newest(self, tenant: TenantId, stream: str) -> Snapshot | None:
        """Return the newest one kept of a stream."""

    async def keep(self, tenant: TenantId, stream: str, snapshot: Snapshot) -> None:
        """Keep it instead of an older one, or of one that other code folded."""


class Content(msgspec.Struct, frozen=True):
    """What a snapshot holds: `hash` is that of the newest event folded, and of all before it."""

    hash: str
    position: int
    stage: str  # the name of the state's type
    state: msgspec.Raw
    remembered: dict[str, Remembered]


_content = msgspec.msgpack.Decoder(Content)


class Snapshotting:
    """Takes and uses snapshots for one desk; belongs to its event loop.

    Taking one is a task of its own, so that no command waits for it.
    """

    def __init__(self, events: EventLog, snapshots: Snapshots) -> None:
        self._log = events
        self._snapshots = snapshots
        self._taking: dict[tuple[TenantId, str], asyncio.Task[None]] = {}

    async def recall(self, folded: Folded[Any, Any]) -> None:
        """Give an unread stream a head start, if there is a snapshot that fits its history."""
        if folded.version or not folded.ledger.snapshot_every:
            return
        try:
            snapshot = await self._snapshots.newest(folded.tenant, folded.stream)
        except Fault as fault:
            log.warning("snapshots_away", why=str(fault))
            return
        if snapshot is None or snapshot.fingerprint != code_of(folded.ledger.evolve):
            return
        try:
            content = _content.decode(snapshot.content)
            state: Any = msgspec.msgpack.decode(
                content.state, type=_stages(folded.ledger.evolve)[content.stage]
            )
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError) as error:
            log.warning("snapshot_unreadable", stream=folded.stream, why=str(error))
            return
        if not await self._fits(folded, snapshot.version, content.hash):
            log.warning("snapshot_of_another_history", stream=folded.stream)
        elif not folded.version:  # else somebody else read the stream meanwhile
            folded.resume(state, snapshot.version, content.position, content.remembered)

    def consider(self, folded: Folded[Any, Any]) -> None:
        """Begin to take a snapshot if enough happened since the last one."""
        every = folded.ledger.snapshot_every
        if not every or folded.version - folded.kept < every:
            return
        name = (folded.tenant, folded.stream)
        if name in self._taking:
            return
        folded.kept = folded.version
        task = asyncio.get_running_loop().create_task(
            self._take(folded.ledger, name, folded.version, _half_made(folded))
        )
        self._taking[name] = task
        task.add_done_callback(lambda _: self._taking.pop(name, None))

    async def settled(self) -> None:
        """Return once all that was begun is kept."""
        while self._taking:
            await asyncio.gather(*self._taking.values())

    async def _take(
        self, ledger: Ledger[Any, Any], name: tuple[TenantId, str], version: int, made: Content
    ) -> None:
        try:
            newest = await self._log.read(*name, after=version - 1, upto=version)
            content = msgspec.structs.replace(made, hash=newest[-1].hash)
            kept = Snapshot(version, code_of(ledger.evolve), msgspec.msgpack.encode(content))
            await self._snapshots.keep(*name, kept)
        except (Fault, IndexError) as fault:  # The next one may succeed.
            log.warning("snapshot_not_taken", stream=name[1], why=str(fault))

    async def _fits(self, folded: Folded[Any, Any], version: int, sealed: str) -> bool:
        """Return whether the log holds, at that version, the history the snapshot was folded from.

        A log that was restored from an older backup may hold less, or something else.
        """
        history = await self._log.read(
            folded.tenant, folded.stream, after=version - 1, upto=version
        )
        return bool(history) and history[-1].hash == sealed


def _half_made(folded: Folded[Any, Any]) -> Content:
    """Return all but the hash, copied at once: `folded` goes on changing."""
    state = msgspec.Raw(msgspec.msgpack.encode(folded.state))
    return Content("", folded.position, type(folded.state).__name__, state, {**folded.remembered})


@lru_cache(maxsize=64)
def code_of(evolve: Callable[..., Any]) -> str:
    """Return what names a fold, the shapes of its state, and the code of both.

    The code is taken whole: whatever the fold may call is in these rooms, and one replay of
    each long stream after a deployment is cheaper than one snapshot wrongly believed.
    """
    shapes = repr((evolve.__module__, evolve.__qualname__, sorted(_stages(evolve))))
    return hashlib.sha256(f"{shapes}{_sources()}".encode()).hexdigest()


@lru_cache(maxsize=1)
def _sources() -> str:
    house = Path(__file__).parents[1]
    digest = hashlib.sha256(msgspec.__version__.encode())
    for path in sorted(path for root in ROOTS for path in (house / root).rglob("*.py")):
        digest.update(f"{path.relative_to(house)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@lru_cache(maxsize=64)
def _stages(evolve: Callable[..., Any]) -> dict[str, type]:
    """Return the types that a fold may lead to, as it says itself, by name."""
    union: UnionType | type = get_type_hints(evolve)["return"]
    members: tuple[type, ...] = get_args(union) or (union,)
    return {member.__name__: member for member in members}
