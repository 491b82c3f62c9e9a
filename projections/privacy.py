"""Privacy requests with what was done about them, and the legal holds that keep persons' data.

Rows name nobody: what is sealed in them is opened at the edge.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, runtime_checkable

import msgspec
from msgspec.structs import replace

from domain.envelope import Recorded
from domain.identity import TenantId
from domain.privacy.events import (
    Certificate,
    Ground,
    PrivacyEvent,
    PrivacyRequested,
    RequestDone,
    RequestForgotten,
    RequestHeld,
    RequestKind,
    RequestRefused,
    RequestStarted,
    Step,
    StepDone,
)
from domain.privacy.subject_events import HoldLifted, HoldPlaced
from projections.ports import ViewReader
from projections.projection import Place, Projection


class PrivacyCase(msgspec.Struct, frozen=True, kw_only=True):
    """One request; `created` is its order in lists, `status` as the API tells it."""

    id: str
    subject: str
    kind: RequestKind
    status: str  # received, held, running, done, refused
    sealed_for: str
    sealed: str
    person_check: str
    requested_at: datetime
    due_at: datetime
    steps: tuple[Step, ...] = ()
    certificate: Certificate | None = None
    certificate_hash: str | None = None
    ground: Ground | None = None
    closed_at: datetime | None = None
    forgotten: bool = False
    created: int
    version: int
    position: int


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """One hold; `sealed` says who and why, with the person's own key."""

    id: str
    by: str
    sealed: str
    until: datetime | None
    placed_at: datetime
    version: int


class HeldSubject(msgspec.Struct, frozen=True, kw_only=True):
    """A person whose data must be kept, with every hold in force."""

    subject: str
    holds: tuple[Hold, ...]
    created: int


class Cases(NamedTuple):
    """A part of the list, newest first; `next` is the order to go on below, None at the end."""

    cases: Sequence[PrivacyCase]
    next: int | None


class HeldSubjects(NamedTuple):
    """A part of the list, newest first; `next` is the order to go on below, None at the end."""

    subjects: Sequence[HeldSubject]
    next: int | None


def fold_case(
    case: PrivacyCase | None, event: PrivacyEvent, recorded: Recorded
) -> PrivacyCase | None:
    """Return the request after one more event."""
    if isinstance(event, PrivacyRequested):
        return case or _received(event, recorded)
    if case is None:
        return None
    return replace(_after(case, event), version=recorded.version, position=recorded.position)


def fold_holds(
    held: HeldSubject | None, event: HoldPlaced | HoldLifted, recorded: Recorded
) -> HeldSubject | None:
    """Return the holds in force; None when the last one is lifted."""
    match event:
        case HoldPlaced():
            hold = Hold(
                id=event.hold,
                by=event.by,
                sealed=event.sealed,
                until=event.until,
                placed_at=event.placed_at,
                version=recorded.version,
            )
            if held is None:
                return HeldSubject(subject=event.subject, holds=(hold,), created=recorded.position)
            return replace(held, holds=(*held.holds, hold))
        case HoldLifted():
            left = tuple(hold for hold in held.holds if hold.id != event.hold) if held else ()
            return replace(held, holds=left) if held and left else None


def place_case(case: PrivacyCase) -> Place:
    return Place(group=case.status, order=case.created)


def place_held(held: HeldSubject) -> Place:
    return Place(group="held", order=held.created)


def _received(event: PrivacyRequested, recorded: Recorded) -> PrivacyCase:
    return PrivacyCase(
        id=event.request,
        subject=event.subject,
        kind=event.request_kind,
        status="received",
        sealed_for=event.sealed_for,
        sealed=event.sealed,
        person_check=event.person_check,
        requested_at=event.requested_at,
        due_at=event.due_at,
        created=recorded.position,
        version=recorded.version,
        position=recorded.position,
    )


def _after(case: PrivacyCase, event: PrivacyEvent) -> PrivacyCase:
    match event:
        case RequestHeld():
            case = replace(case, status="held")
        case RequestStarted():
            case = replace(case, status="running")
        case StepDone(done=done):
            case = replace(case, steps=(*case.steps, done))
        case RequestDone(certificate=certificate, certificate_hash=told, done_at=at):
            case = replace(
                case, status="done", certificate=certificate, certificate_hash=told, closed_at=at
            )
        case RequestRefused(ground=ground, refused_at=at):
            case = replace(case, status="refused", ground=ground, closed_at=at)
        case RequestForgotten():
            case = replace(case, forgotten=True)
        case PrivacyRequested():
            return case
    return case


PRIVACY = Projection(
    name="privacy", events=PrivacyEvent, memory=PrivacyCase, fold=fold_case, place=place_case
)
LEGAL_HOLDS = Projection(
    name="legal_holds",
    events=HoldPlaced | HoldLifted,
    memory=HeldSubject,
    fold=fold_holds,
    place=place_held,
)

_case = msgspec.json.Decoder(PrivacyCase)
_held = msgspec.json.Decoder(HeldSubject)


@runtime_checkable
class Privacy(Protocol):
    """What may be asked of privacy requests and legal holds."""

    async def case(self, tenant: TenantId, request: str) -> PrivacyCase | None:
        """Return one request."""

    async def cases(
        self, tenant: TenantId, *, status: str | None, before: int | None, limit: int
    ) -> Cases:
        """Return up to `limit` requests, newest first."""

    async def held(self, tenant: TenantId, subject: str) -> HeldSubject | None:
        """Return what holds this person's data."""

    async def held_subjects(
        self, tenant: TenantId, *, before: int | None, limit: int
    ) -> HeldSubjects:
        """Return up to `limit` persons whose data is held, newest first."""


class StoredPrivacy:
    """Satisfies `Privacy`, from the rows a store keeps."""

    def __init__(self, reader: ViewReader) -> None:
        self._reader = reader

    async def case(self, tenant: TenantId, request: str) -> PrivacyCase | None:
        """Return one request."""
        row = await self._reader.row(PRIVACY.name, tenant, request)
        return None if row is None else _case.decode(row)

    async def cases(
        self, tenant: TenantId, *, status: str | None, before: int | None, limit: int
    ) -> Cases:
        """Return up to `limit` requests, newest first."""
        rows = await self._reader.page(
            PRIVACY.name, tenant, group=status, before=before, limit=limit + 1
        )
        cases = [_case.decode(row) for row in rows[:limit]]
        return Cases(cases, cases[-1].created if len(rows) > limit else None)

    async def held(self, tenant: TenantId, subject: str) -> HeldSubject | None:
        """Return what holds this person's data."""
        row = await self._reader.row(LEGAL_HOLDS.name, tenant, subject)
        return None if row is None else _held.decode(row)

    async def held_subjects(
        self, tenant: TenantId, *, before: int | None, limit: int
    ) -> HeldSubjects:
        """Return up to `limit` persons whose data is held, newest first."""
        rows = await self._reader.page(
            LEGAL_HOLDS.name, tenant, group="held", before=before, limit=limit + 1
        )
        subjects = [_held.decode(row) for row in rows[:limit]]
        return HeldSubjects(subjects, subjects[-1].created if len(rows) > limit else None)
