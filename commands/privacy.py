"""What may be asked about a person: access, erasure, purging, and holding erasure back."""

import secrets
import uuid
from datetime import datetime
from functools import partial

import msgspec
from msgspec.structs import replace

from commands.desk import Desk
from commands.ledger import Ledger
from commands.ports import Subject
from commands.transact import Asking, Outcome, current, transact
from domain.identity import TenantId
from domain.privacy import (
    UNASKED,
    UNOPENED_FILE,
    PrivacyEvent,
    PrivacyRequest,
    SubjectEvent,
    SubjectFile,
    evolve,
    evolve_subject,
)
from domain.privacy import request as requests
from domain.privacy import subject as files
from domain.privacy.events import Ground, RequestKind
from domain.privacy.naming import require_subject
from domain.privacy.refusals import HoldUnknown
from domain.privacy.request import Asked, Received, Running
from domain.privacy.whom import WHOM, Whom
from migrations.events import EventDecoder

REQUESTS: Ledger[PrivacyRequest, PrivacyEvent] = Ledger(
    "privacy", UNASKED, evolve, EventDecoder(PrivacyEvent)
)
SUBJECTS: Ledger[SubjectFile, SubjectEvent] = Ledger(
    "subject", UNOPENED_FILE, evolve_subject, EventDecoder(SubjectEvent)
)


class OpenRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Ask for access to, erasure of, or purging of what is known of `subject`.

    A purge deletes what was observed of them and leaves what they agreed with us: their
    consent record and membership.
    """

    subject: str
    kind: RequestKind
    players: tuple[str, ...] = ()
    reason: str = ""


class RefuseRequest(msgspec.Struct, frozen=True, kw_only=True):
    request: str
    ground: Ground


class PlaceHold(msgspec.Struct, frozen=True, kw_only=True):
    subject: str
    reason: str
    until: datetime | None = None


class LiftHold(msgspec.Struct, frozen=True, kw_only=True):
    hold: str


async def open_privacy_request(command: OpenRequest, *, asking: Asking, desk: Desk) -> Outcome:
    """Receive a request; one of the same kind that is under way already is returned instead."""
    for name in (command.subject, *command.players):
        require_subject(name)
    request = str(uuid.uuid5(uuid.UUID(asking.command_id), "privacy request"))
    asking = unguessable(asking, desk)
    if (await current(desk, REQUESTS, asking.tenant, request)).version:
        return await transact(
            desk, REQUESTS, request, lambda _: [], asking=asking, at=desk.clock.now()
        )
    subject = await desk.keys.subject(asking.tenant, command.subject)
    return await _under_way(command, subject, desk=desk) or await _received(
        command, request, subject, asking=asking, desk=desk
    )


async def refuse_request(command: RefuseRequest, *, asking: Asking, desk: Desk) -> Outcome:
    """Turn a request down before anything was done about it."""
    at = desk.clock.now()
    decision = partial(requests.refuse, by=asking.person, ground=command.ground, at=at)
    return await transact(desk, REQUESTS, command.request, decision, asking=asking, at=at)


async def place_legal_hold(command: PlaceHold, *, asking: Asking, desk: Desk) -> Outcome:
    """Hold back every erasure of this person; the outcome's id is the hold's."""
    require_subject(command.subject)
    subject = await desk.keys.subject(asking.tenant, command.subject)
    at = desk.clock.now()
    mark = uuid.uuid5(uuid.UUID(asking.command_id), "legal hold").hex[:8]
    hold = f"{subject.ref}.{mark}"
    whom = Whom(subject=command.subject, reason=command.reason)
    decision = partial(
        files.place_hold,
        subject=subject.ref,
        hold=hold,
        by=asking.person,
        sealed=await desk.keys.seal(subject, msgspec.json.encode(whom).decode()),
        until=command.until,
        at=at,
    )
    outcome = await transact(
        desk, SUBJECTS, subject.ref, decision, asking=unguessable(asking, desk), at=at
    )
    return outcome._replace(id=hold)


async def lift_legal_hold(command: LiftHold, *, asking: Asking, desk: Desk) -> Outcome:
    """Let erasure go on."""
    ref, dot, _ = command.hold.partition(".")
    if not (ref and dot):
        raise HoldUnknown
    at = desk.clock.now()
    decision = partial(
        files.lift_hold, subject=ref, hold=command.hold, by=asking.person, why="asked", at=at
    )
    outcome = await transact(desk, SUBJECTS, ref, decision, asking=asking, at=at)
    return outcome._replace(id=command.hold)


async def whom_of(request: Asked, *, tenant: TenantId, desk: Desk) -> Whom | None:
    """Return whom a request is about; None once that is forgotten."""
    opened = await desk.keys.opened(Subject(tenant, request.sealed_for), request.sealed)
    return None if opened is None else WHOM.decode(opened)


def unguessable(asking: Asking, desk: Desk) -> Asking:
    """Return the asking with a fingerprint that no guessed name can be held against.

    The fingerprint stays in the log for ever, also when the person is erased.
    """
    return replace(asking, fingerprint=desk.keys.digest(asking.fingerprint))


async def _under_way(command: OpenRequest, subject: Subject, *, desk: Desk) -> Outcome | None:
    file = (await current(desk, SUBJECTS, subject.tenant, subject.ref)).state
    for request, kind in file.requests.items():
        if kind != command.kind:
            continue
        found = await current(desk, REQUESTS, subject.tenant, request)
        if isinstance(found.state, Received | Running):
            whom = await whom_of(found.state, tenant=subject.tenant, desk=desk)
            if whom and {*command.players} <= {*whom.all_players}:
                return Outcome(request, found.version, found.position)
    return None


async def _received(
    command: OpenRequest, request: str, subject: Subject, *, asking: Asking, desk: Desk
) -> Outcome:
    at, tenant, kind = desk.clock.now(), asking.tenant, command.kind
    own = await desk.keys.subject(tenant, f"\0privacy/{request}")  # no person's name has a NUL
    salt = secrets.token_hex(16)
    whom = Whom(subject=command.subject, players=command.players, reason=command.reason, salt=salt)
    sealed = await desk.keys.seal(own, msgspec.json.encode(whom).decode())
    noting = partial(files.note, subject=subject.ref, request=request, kind=kind, at=at)
    await transact(desk, SUBJECTS, subject.ref, noting, asking=asking, at=at)
    decision = partial(
        requests.ask,
        request_id=request,
        subject=subject.ref,
        kind=kind,
        sealed_for=own.ref,
        sealed=sealed,
        person_check=requests.check_of(salt=salt, tenant=tenant, name=command.subject),
        at=at,
    )
    return await transact(desk, REQUESTS, request, decision, asking=asking, at=at)
