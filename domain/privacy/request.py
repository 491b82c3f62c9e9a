"""A privacy request on its way: received, held, running, done or refused; at last forgotten."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

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
    StepName,
)
from domain.privacy.refusals import RequestBegun, RequestUnknown

DUE_WITHIN = timedelta(days=30)  # GDPR, Art. 12(3): one month, and no month is shorter than 28 days
STEPS: dict[RequestKind, tuple[StepName, ...]] = {
    "access": ("events", "found", "views"),
    "erasure": ("keys", "raw", "found", "facts", "letters", "views"),
    "purge": ("raw", "found", "facts", "letters"),
}


class Unasked(msgspec.Struct, frozen=True):
    """Nobody asked under this id yet."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What every request knows of itself."""

    request: str
    subject: str
    kind: RequestKind
    sealed_for: str
    sealed: str
    person_check: str
    requested_at: datetime
    forgotten: bool = False


class Received(Asked, frozen=True, kw_only=True):
    held: bool = False


class Running(Asked, frozen=True, kw_only=True):
    steps: tuple[Step, ...] = ()

    @property
    def following(self) -> StepName | None:
        """The next step; None when all are done."""
        done = {each.step for each in self.steps}
        return next((step for step in STEPS[self.kind] if step not in done), None)


class Done(Asked, frozen=True, kw_only=True):
    """`forget_at` is when nothing needs the person's name any more."""

    forget_at: datetime


class Refused(Asked, frozen=True, kw_only=True):
    pass


Decision = Callable[["PrivacyRequest"], list[PrivacyEvent]]
PrivacyRequest = Unasked | Received | Running | Done | Refused
UNASKED = Unasked()


def evolve(request: PrivacyRequest, event: PrivacyEvent) -> PrivacyRequest:
    """Accept what happened, whatever it is."""
    if isinstance(event, PrivacyRequested):
        return _received(event) if isinstance(request, Unasked) else request
    if isinstance(request, Unasked):
        return request
    after: PrivacyRequest
    match event:
        case RequestHeld():
            after = replace(request, held=True) if isinstance(request, Received) else request
        case RequestStarted():
            after = Running(**_known(request)) if isinstance(request, Received) else request
        case StepDone(done=done):
            steps = request.steps if isinstance(request, Running) else ()
            after = Running(**_known(request), steps=(*steps, done))
        case RequestDone(forget_at=forget_at):
            after = Done(**_known(request), forget_at=forget_at)
        case RequestRefused():
            after = Refused(**_known(request))
        case RequestForgotten():
            after = replace(request, forgotten=True)
    return after


def _known(request: Asked) -> dict[str, Any]:
    return {name: getattr(request, name) for name in Asked.__struct_fields__}


def _received(event: PrivacyRequested) -> Received:
    return Received(
        request=event.request,
        subject=event.subject,
        kind=event.request_kind,
        sealed_for=event.sealed_for,
        sealed=event.sealed,
        person_check=event.person_check,
        requested_at=event.requested_at,
    )


def ask(
    request: PrivacyRequest,
    *,
    request_id: str,
    subject: str,
    kind: RequestKind,
    sealed_for: str,
    sealed: str,
    person_check: str,
    at: datetime,
) -> list[PrivacyEvent]:
    """Receive a request; the clock of the law starts."""
    if not isinstance(request, Unasked):
        return []
    return [
        PrivacyRequested(
            request=request_id,
            subject=subject,
            request_kind=kind,
            sealed_for=sealed_for,
            sealed=sealed,
            person_check=person_check,
            requested_at=at,
            due_at=at + DUE_WITHIN,
        )
    ]


def hold(request: PrivacyRequest, *, at: datetime) -> list[PrivacyEvent]:
    """Wait for a legal hold."""
    if isinstance(request, Received) and not request.held:
        return [RequestHeld(request=request.request, held_at=at)]
    return []


def start(request: PrivacyRequest, *, at: datetime) -> list[PrivacyEvent]:
    """Begin to do what was asked."""
    if isinstance(request, Received):
        return [RequestStarted(request=request.request, started_at=at)]
    return []


def record_step(
    request: PrivacyRequest, *, step: StepName, counts: dict[str, int], at: datetime
) -> list[PrivacyEvent]:
    """Record that a step is done; only the one whose turn it is counts."""
    if not isinstance(request, Running) or request.following != step:
        return []
    return [StepDone(request=request.request, done=Step(step=step, counts=counts, done_at=at))]


def complete(
    request: PrivacyRequest, *, certificate: Certificate, forget_at: datetime, at: datetime
) -> list[PrivacyEvent]:
    """Certify a request whose steps are all done."""
    if not isinstance(request, Running) or request.following is not None:
        return []
    return [
        RequestDone(
            request=request.request,
            certificate=certificate,
            certificate_hash=hash_of(certificate),
            forget_at=forget_at,
            done_at=at,
        )
    ]


def refuse(request: PrivacyRequest, *, by: str, ground: Ground, at: datetime) -> list[PrivacyEvent]:
    """Turn a request down before anything was done about it."""
    match request:
        case Unasked():
            raise RequestUnknown
        case Refused():
            return []
        case Received():
            return [RequestRefused(request=request.request, by=by, ground=ground, refused_at=at)]
        case Running() | Done():
            raise RequestBegun


def forget(request: PrivacyRequest, *, at: datetime) -> list[PrivacyEvent]:
    """Say that the request's own key is destroyed."""
    if isinstance(request, Unasked) or request.forgotten:
        return []
    return [RequestForgotten(request=request.request, forgotten_at=at)]


def hash_of(certificate: Certificate) -> str:
    """Return the hex SHA-256 of the certificate's JSON."""
    return hashlib.sha256(msgspec.json.encode(certificate)).hexdigest()


def check_of(*, salt: str, tenant: str, name: str) -> str:
    """Return the hex SHA-256 by which whoever knows the salt can tell whom this is about."""
    return hashlib.sha256(f"{salt}\0{tenant}\0{name}".encode()).hexdigest()
