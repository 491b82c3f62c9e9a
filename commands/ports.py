"""What command handlers need from the world, and no more."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, runtime_checkable

from domain.envelope import Entry, Recorded
from domain.identity import TenantId


class Fault(Exception):
    """The world failed; the same request may succeed later."""


class Overtaken(Fault):
    """Someone else appended to the stream first."""


class LogUnreachable(Fault):
    """The event log cannot be read or written."""


class Appended(NamedTuple):
    """Where a stream stands after an append."""

    version: int
    position: int


@runtime_checkable
class Clock(Protocol):
    """The time, always aware and in UTC."""

    def now(self) -> datetime: ...


@runtime_checkable
class EventLog(Protocol):
    """Streams of recorded events, one writer winning at each version."""

    async def read(
        self, tenant: TenantId, stream: str, *, after: int = 0, upto: int | None = None
    ) -> Sequence[Recorded]:
        """Return events with `after < version <= upto`, oldest first; [] for no stream."""

    async def append(
        self, tenant: TenantId, stream: str, entries: Sequence[Entry], *, after: int
    ) -> Appended:
        """Append durably, or raise `Overtaken` when the stream's version is not `after`."""
