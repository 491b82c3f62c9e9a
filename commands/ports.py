"""What command handlers need from the world, and no more."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol, runtime_checkable

from domain.envelope import Entry, Recorded
from domain.identity import CampaignId, TenantId


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


@runtime_checkable
class Happenings(Protocol):
    """Everything recorded, in order: what a process manager reacts to."""

    async def after(self, position: int, *, limit: int, wait_s: float = 0.0) -> Sequence[Recorded]:
        """Return up to `limit` events past `position`, in order and without gaps."""


class BilledSum(NamedTuple):
    """What one campaign's billed impressions of one UTC day add up to."""

    campaign: CampaignId
    currency: str
    day: date
    micros: int
    impressions: int


@runtime_checkable
class BilledSpend(Protocol):
    """Billed impressions as they were ingested, each counted once.

    For rows at or below what `through` reported, `between` must always give the
    same answer: a range is read again after a restart.
    """

    async def through(self, partition: int) -> Sequence[tuple[TenantId, int]]:
        """Return each tenant's last sequence whose billed rows are completely in."""

    async def between(
        self, tenant: TenantId, partition: int, *, first: int, last: int
    ) -> Sequence[BilledSum]:
        """Return the sums of `first <= sequence <= last`, one per campaign, currency, day."""
