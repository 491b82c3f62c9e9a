"""The log as an auditor reads it: what happened, what was so then, and whether it holds."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency as Given
from litestar.exceptions import ClientException, NotFoundException, ValidationException
from litestar.params import FromPath, QueryParameter

from domain.audit import Anchor
from domain.envelope import Recorded
from domain.identity import TenantId
from domain.tenant.permissions import Permission
from projections.access import Holder
from read_api.moments import NOW, BadMoment, Diff, Moment, moment
from read_api.parameters import LIMIT_DEFAULT, Cursor, Limit, Listed, bad_cursor
from read_api.ports import AuditTrail, Folded, Verdict

MOMENT = "A version (7), a position of the log (@1234) or a time (2026-03-02T09:00:00Z)"
From = Annotated[str, QueryParameter(name="from", max_length=64, description=MOMENT)]
To = Annotated[str, QueryParameter(name="to", max_length=64, description=MOMENT)]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded event; `data` is what was said, the rest who, when and why."""

    version: int
    position: int
    kind: str
    recorded_at: datetime
    actor: str
    command_id: str
    correlation_id: str
    causation_id: str | None
    data: msgspec.Raw
    previous: str
    hash: str


@get("/v1/audit/streams/{stream:str}", tags=["Audit"], opt={"permission": Permission.SYSTEM_READ})
async def audit_stream(
    *,
    stream: FromPath[str],
    caller: Given[Holder],
    trail: Given[AuditTrail],
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
    at_version: Annotated[
        int | None, QueryParameter(ge=1, description="Answer the state after this many events")
    ] = None,
    as_of: Annotated[
        datetime | None, QueryParameter(description="Answer the state as recorded up to then")
    ] = None,
    at_position: Annotated[
        int | None,
        QueryParameter(ge=1, description="Answer the state as of this position of the whole log"),
    ] = None,
) -> Response[Listed[Entry] | Folded]:
    """Read a stream's events, or the state they had led to: at a version, position or time.

    Where the clock was set back, `as_of` tells of the events before the first later one.
    """
    tenant = TenantId(caller.tenant)
    asked = Moment(version=at_version, position=at_position, at=as_of)
    if asked == NOW:
        return Response(await _events(trail, tenant, stream, limit, cursor))
    return Response(await _state(trail, tenant, stream, asked))


@get(
    "/v1/audit/streams/{stream:str}/diff",
    tags=["Audit"],
    opt={"permission": Permission.SYSTEM_READ},
)
async def audit_diff(
    *,
    stream: FromPath[str],
    caller: Given[Holder],
    trail: Given[AuditTrail],
    since: From,
    until: To,
) -> Diff:
    """Read what changed in a stream's state between two moments, with a pointer to each place."""
    start, end = _moment("from", since), _moment("to", until)
    found = await trail.diff(TenantId(caller.tenant), stream, start=start, end=end)
    if found is None:
        raise _no_stream()
    return found


@get("/v1/audit/verify", tags=["Audit"], opt={"permission": Permission.SYSTEM_READ})
async def audit_verify(caller: Given[Holder], trail: Given[AuditTrail]) -> Verdict:
    """Recompute the hash chain of each of the tenant's streams, and the seals over the log."""
    return await trail.verify(TenantId(caller.tenant))


@get("/v1/audit/anchor", tags=["Audit"], opt={"permission": Permission.SYSTEM_READ})
async def audit_anchor(trail: Given[AuditTrail]) -> Anchor:
    """Read the newest seal over the log: kept elsewhere, it proves that nothing before changes."""
    sealed = await trail.anchor()
    if sealed is None:
        raise NotFoundException(
            detail="Nothing is sealed yet: what is recorded is sealed within a minute.",
            extra={"code": "nothing_sealed"},
        )
    return sealed


async def _events(
    trail: AuditTrail, tenant: TenantId, stream: str, limit: int, cursor: str | None
) -> Listed[Entry]:
    if cursor is not None and not (cursor.isascii() and cursor.isdigit()):
        raise bad_cursor()
    recorded = await trail.events(tenant, stream, after=int(cursor or 0), limit=limit + 1)
    if not recorded and cursor is None:
        raise _no_stream()
    shown = recorded[:limit]
    following = str(shown[-1].version) if len(recorded) > limit else None
    return Listed([entry(event) for event in shown], following)


async def _state(
    trail: AuditTrail,
    tenant: TenantId,
    stream: str,
    asked: Moment,
) -> Folded:
    if sum(part is not None for part in asked) > 1:
        raise ClientException(detail="Ask for one of at_version, at_position and as_of.")
    if asked.at is not None and asked.at.tzinfo is None:
        message = "must name its offset, for example 2026-03-02T09:00:00Z"
        raise ValidationException(extra=[{"key": "as_of", "message": message}])
    version, position, at = asked
    folded = await trail.state(tenant, stream, at_version=version, at_position=position, as_of=at)
    if folded is None:
        raise _no_stream()
    return folded


def _moment(key: str, text: str) -> Moment:
    try:
        return moment(text)
    except BadMoment as bad:
        raise ValidationException(extra=[{"key": key, "message": str(bad)}]) from None


def entry(event: Recorded) -> Entry:
    """Return the event as the API shows it."""
    return Entry(
        version=event.version,
        position=event.position,
        kind=event.kind,
        recorded_at=event.recorded_at,
        actor=event.actor,
        command_id=event.command_id,
        correlation_id=event.correlation_id,
        causation_id=event.causation_id,
        data=msgspec.Raw(event.data),
        previous=event.previous,
        hash=event.hash,
    )


def _no_stream() -> NotFoundException:
    return NotFoundException(
        detail="There is no such stream, or nothing had been recorded in it by then.",
        extra={"code": "stream_unknown"},
    )
