"""Privacy requests and legal holds as they stand, and the export of an access request."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Protocol, runtime_checkable

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency as Given
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from domain.identity import TenantId
from domain.privacy.events import Step
from domain.privacy.refusals import ExportGone
from domain.privacy.request import STEPS
from domain.privacy.whom import WHOM, Whom
from domain.tenant.permissions import Permission
from projections.access import Holder
from projections.privacy import LEGAL_HOLDS, PRIVACY, HeldSubject, Hold, Privacy, PrivacyCase
from projections.views import Positions
from read_api.books import Names
from read_api.parameters import LIMIT_DEFAULT, Cursor, Limit, Listed, Token, bad_cursor, caught_up
from read_api.ports import Clock
from read_api.privacy_export import ExportLine
from read_api.privacy_shown import PersonCheck, ShownHold, ShownRequest, ShownStep, Status

TAGS = ["Privacy"]
READING = {"permission": Permission.CDP_READ}
NDJSON = "application/x-ndjson"
CURSOR_DIGITS_MAX = 18


@runtime_checkable
class Exports(Protocol):
    """Everything that is kept of a person, told line by line and stored nowhere."""

    def lines(
        self, tenant: TenantId, *, request: str, ref: str, whom: Whom
    ) -> AsyncIterator[ExportLine]:
        """Yield the header, all there is, and the end, which is missing when it broke off."""


@get("/v1/privacy/requests/{privacy_request:str}", tags=TAGS, opt=READING)
async def privacy_request_card(
    *,
    privacy_request: FromPath[str],
    caller: Given[Holder],
    privacy: Given[Privacy],
    names: Given[Names],
    positions: Given[Positions],
    clock: Given[Clock],
    token: Token = None,
) -> Response[ShownRequest]:
    """Read a request: its status, what was done step by step, and the certificate at its end."""
    headers = await caught_up(positions, PRIVACY.name, token)
    tenant = TenantId(caller.tenant)
    case = await _case(privacy, tenant, privacy_request)
    shown = await _shown(case, tenant, privacy, names, at=clock.now())
    return Response(shown, headers={**headers, "ETag": f'"{case.version}"'})


@get("/v1/privacy/requests", tags=TAGS, opt=READING)
async def privacy_request_list(
    *,
    caller: Given[Holder],
    privacy: Given[Privacy],
    names: Given[Names],
    positions: Given[Positions],
    clock: Given[Clock],
    status: Annotated[Status | None, QueryParameter(description="Only these")] = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
    token: Token = None,
) -> Response[Listed[ShownRequest]]:
    """List requests, newest first."""
    headers = await caught_up(positions, PRIVACY.name, token)
    tenant = TenantId(caller.tenant)
    found = await privacy.cases(tenant, status=status, before=_before(cursor), limit=limit)
    at = clock.now()
    items = [await _shown(case, tenant, privacy, names, at=at) for case in found.cases]
    return Response(Listed(items, _cursor(found.next)), headers=headers)


@get("/v1/privacy/holds", tags=TAGS, opt=READING)
async def legal_hold_list(
    *,
    caller: Given[Holder],
    privacy: Given[Privacy],
    names: Given[Names],
    positions: Given[Positions],
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
    token: Token = None,
) -> Response[Listed[ShownHold]]:
    """List legal holds in force; `limit` counts persons, each with all of their holds."""
    headers = await caught_up(positions, LEGAL_HOLDS.name, token)
    tenant = TenantId(caller.tenant)
    found = await privacy.held_subjects(tenant, before=_before(cursor), limit=limit)
    items = [
        await _shown_hold(hold, held, tenant, names)
        for held in found.subjects
        for hold in held.holds
    ]
    return Response(Listed(items, _cursor(found.next)), headers=headers)


@get(
    "/v1/privacy/requests/{privacy_request:str}/export",
    tags=TAGS,
    opt={**READING, "answer": ExportLine, "media_type": NDJSON},
)
async def privacy_export(
    *,
    privacy_request: FromPath[str],
    caller: Given[Holder],
    privacy: Given[Privacy],
    names: Given[Names],
    exports: Given[Exports],
    positions: Given[Positions],
    token: Token = None,
) -> Stream:
    """Stream everything kept of the person, one JSON object a line.

    The last line has the type `end` with how many lines of each type came: an export without it
    broke off. It is computed now and stored nowhere.
    """
    headers = await caught_up(positions, PRIVACY.name, token)
    tenant = TenantId(caller.tenant)
    case = await _case(privacy, tenant, privacy_request)
    if case.kind != "access":
        raise no_export()
    whom = await _whom(case.sealed_for, case.sealed, tenant, names)
    if whom is None or case.status == "refused":
        raise ExportGone
    lines = exports.lines(tenant, request=case.id, ref=case.subject, whom=whom)
    first = await anext(lines)  # What cannot even begin is a problem with a status of its own.
    return Stream(
        _encoded(first, lines),
        media_type=NDJSON,
        headers={**headers, "Cache-Control": "no-store"},
    )


async def _encoded(first: ExportLine, lines: AsyncIterator[ExportLine]) -> AsyncIterator[bytes]:
    encoder = msgspec.json.Encoder()
    yield encoder.encode(first) + b"\n"
    async for line in lines:
        yield encoder.encode(line) + b"\n"


async def _case(privacy: Privacy, tenant: TenantId, request: str) -> PrivacyCase:
    if (case := await privacy.case(tenant, request)) is None:
        raise NotFoundException(
            detail="There is no such privacy request.", extra={"code": "request_unknown"}
        )
    return case


def no_export() -> NotFoundException:
    return NotFoundException(
        detail="Only a request of the kind access has an export.", extra={"code": "no_export"}
    )


async def _whom(ref: str, sealed: str, tenant: TenantId, names: Names) -> Whom | None:
    opened = await names.of(tenant, ref, sealed)
    return None if opened is None else WHOM.decode(opened)


async def _shown(
    case: PrivacyCase, tenant: TenantId, privacy: Privacy, names: Names, *, at: datetime
) -> ShownRequest:
    whom = await _whom(case.sealed_for, case.sealed, tenant, names)
    held = await privacy.held(tenant, case.subject) if case.status == "held" else None
    return ShownRequest(
        id=case.id,
        kind=case.kind,
        status=msgspec.convert(case.status, Status),
        ref=case.subject,
        subject=whom.subject if whom else None,
        players=whom.players if whom else (),
        reason=whom.reason if whom else None,
        person_check=PersonCheck(digest=case.person_check, salt=whom.salt if whom else None),
        requested_at=case.requested_at,
        due_at=case.due_at,
        overdue=case.closed_at is None and at > case.due_at,
        closed_at=case.closed_at,
        ground=case.ground,
        holds=[await _shown_hold(hold, held, tenant, names) for hold in held.holds] if held else [],
        steps=_steps(case),
        certificate=case.certificate,
        certificate_hash=case.certificate_hash,
        forgotten=case.forgotten,
        export=f"/v1/privacy/requests/{case.id}/export" if case.kind == "access" else None,
        version=case.version,
        position=case.position,
    )


def _steps(case: PrivacyCase) -> list[ShownStep]:
    if case.status == "refused":
        return []
    done: dict[str, Step] = {each.step: each for each in case.steps}
    return [
        ShownStep(
            step=step,
            done_at=done[step].done_at if step in done else None,
            counts=done[step].counts if step in done else None,
        )
        for step in STEPS[case.kind]
    ]


async def _shown_hold(hold: Hold, held: HeldSubject, tenant: TenantId, names: Names) -> ShownHold:
    whom = await _whom(held.subject, hold.sealed, tenant, names)
    return ShownHold(
        id=hold.id,
        ref=held.subject,
        subject=whom.subject if whom else None,
        reason=whom.reason if whom else None,
        by=hold.by,
        until=hold.until,
        placed_at=hold.placed_at,
    )


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= CURSOR_DIGITS_MAX):
        raise bad_cursor()
    return int(cursor)


def _cursor(following: int | None) -> str | None:
    return None if following is None else str(following)
