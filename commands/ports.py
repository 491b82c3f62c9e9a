"""What command handlers need from the world, and no more."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, runtime_checkable

from domain.envelope import Entry, Recorded
from domain.identity import CampaignId, TenantId
from domain.refusal import Reason, Refusal


class Fault(Exception):
    """The world failed; the same request may succeed later."""


class Overtaken(Fault):
    """Someone else appended to the stream first."""


class LogUnreachable(Fault):
    """The event log cannot be read or written."""


class TooMuchForOneEvent(Refusal, reason=Reason.MALFORMED):
    """This is more than one event may hold: send less at a time."""


class NameUnfit(Refusal, reason=Reason.MALFORMED):
    """Nothing can be recorded under this name: it is too long, or not text."""


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
        """Append durably, or raise `Overtaken` when the stream's version is not `after`.

        Refuses what no log could take: `TooMuchForOneEvent` (a million bytes), `NameUnfit`.
        """


@runtime_checkable
class Happenings(Protocol):
    """Everything recorded, in order: what a process manager reacts to."""

    async def after(self, position: int, *, limit: int, wait_s: float = 0.0) -> Sequence[Recorded]:
        """Return up to `limit` events past `position`, in order and without gaps."""


class BilledSum(NamedTuple):
    """What one campaign's billed impressions of one quarter hour add up to.

    `at` is when the quarter begins, in UTC: each zone's midnight lies on one.
    """

    campaign: CampaignId
    currency: str
    at: datetime
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
        """Return the sums of `first <= sequence <= last`, one per campaign, currency, quarter."""


class Subject(NamedTuple):
    """A person of whom something is on the record.

    `ref` names them in streams and events, and means nothing to whoever lacks the key ring.
    """

    tenant: TenantId
    ref: str


@runtime_checkable
class KeyRing(Protocol):
    """The keys that personal data in events is sealed with, kept outside the log.

    Destroying a subject's key makes every copy of what it sealed unreadable and severs the
    name from the `ref`; the log and its hashes stay as they are (product decision 19).
    """

    async def subject(self, tenant: TenantId, name: str) -> Subject:
        """Return who is called `name` here (a first call makes their key, durably)."""

    async def known(self, tenant: TenantId, name: str) -> Subject | None:
        """Return who is called `name`, None for a stranger or someone erased."""

    async def seal(self, subject: Subject, text: str) -> str:
        """Return `text` sealed for this subject; raises `SubjectErased` without a key."""

    async def opened(self, subject: Subject, sealed: str) -> str | None:
        """Return what was sealed, None once the key is destroyed."""

    async def destroy(self, subject: Subject) -> bool:
        """Destroy the key for good; return whether there was one."""

    def digest(self, text: str) -> str:
        """Return the hex digest of `text` that nobody without the ring can hold against a guess.

        For what must be recognised again and stays in the log: fingerprints of requests that
        name a person.
        """


class SubjectErased(Fault):
    """The subject's key was destroyed while something was being sealed for them."""


class KeysUnreachable(Fault):
    """The key ring cannot be read or written."""
