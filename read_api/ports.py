"""What the read side needs beyond the views, and no more."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, runtime_checkable

import msgspec
from litestar import Litestar

from domain.audit import Anchor
from domain.envelope import Recorded
from domain.identity import TenantId
from read_api.moments import Diff, Moment


class Folded(msgspec.Struct, frozen=True, kw_only=True):
    """A stream's state once its first `version` events had happened."""

    stream: str
    version: int
    state: Any


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Where a stream's hash chain does not hold, and how."""

    stream: str
    version: int
    position: int
    message: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What checking every hash of a tenant's streams found; `intact` when nothing."""

    intact: bool
    streams: int
    events: int
    findings: list[Finding]


@runtime_checkable
class AuditTrail(Protocol):
    """The log as an auditor reads it, one tenant at a time."""

    async def events(
        self, tenant: TenantId, stream: str, *, after: int, limit: int
    ) -> Sequence[Recorded]:
        """Return up to `limit` events past version `after`; [] for no such stream."""

    async def state(
        self,
        tenant: TenantId,
        stream: str,
        *,
        at_version: int | None = None,
        as_of: datetime | None = None,
        at_position: int | None = None,
    ) -> Folded | None:
        """Return the state after `at_version` events, or of what was recorded up to `as_of`.

        Or of what the whole log held up to `at_position`. None when the stream held nothing
        then, or its category is not one that folds.
        """

    async def diff(
        self, tenant: TenantId, stream: str, *, start: Moment, end: Moment
    ) -> Diff | None:
        """Return how the state at `end` differs from that at `start`; None for no such stream."""

    async def verify(self, tenant: TenantId) -> Verdict:
        """Recompute every hash of the tenant's streams, and the seals over them."""

    async def anchor(self) -> Anchor | None:
        """Return the newest seal over the whole log, None before the first."""


@runtime_checkable
class Readiness(Protocol):
    """Whether everything this process depends on answers."""

    async def dependencies(self) -> Mapping[str, str]:
        """Return each dependency's state by name: `ok`, or a sentence on what is wrong."""


@runtime_checkable
class Exposition(Protocol):
    """This process's counters."""

    def text(self) -> bytes:
        """Return them in Prometheus' text format."""


@runtime_checkable
class Clock(Protocol):
    """The time, always aware and in UTC."""

    def now(self) -> datetime: ...


@runtime_checkable
class ApiReference(Protocol):
    """The OpenAPI document."""

    def document(self, app: Litestar) -> bytes:
        """Return the application's document as JSON."""


class Mishap(NamedTuple):
    """What can go wrong: a problem's code, its HTTP status, and the sentence for people."""

    code: str
    status: int
    sentence: str


class Named(Protocol):
    """A person of whom something is on the record, by the random name they have there."""

    @property
    def ref(self) -> str: ...


@runtime_checkable
class Subjects(Protocol):
    """Who the people are that callers name."""

    async def known(self, tenant: TenantId, name: str) -> Named | None:
        """Return who is called `name`, None for a stranger or someone erased."""
