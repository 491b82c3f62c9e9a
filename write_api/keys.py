"""Keys over HTTP: issue one, replace one, revoke one. A key's text is told once."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from litestar import Response, delete, post
from litestar.params import FromPath
from litestar.types import ASGIApp

from commands.keys import (
    IssueKey,
    RevokeKey,
    RotateKey,
    fresh_text,
    issue_new_key,
    replace_key,
    revoke_old_key,
)
from commands.tenant import Issued
from domain.identity import KeyId, PersonId
from domain.tenant.events import KeyUse
from domain.tenant.permissions import Permission
from domain.tenant.terms import KeyTerms
from write_api.bodies import read_as
from write_api.commanding import Answer, Receipt, asking, commander_of
from write_api.preconditions import expected_version
from write_api.problems import AnyRequest

TAGS = ["Keys"]
GRACE_S_DEFAULT = 24 * 3600
GRACE_S_MAX = 30 * 24 * 3600
RATE_MAX = 1_000_000


class NewKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The terms of a key; one for the API belongs to its caller unless a person is named.

    `scopes` are the permissions it may use, null for all that its holder has.
    """

    use: KeyUse = "api"
    person: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None = None
    label: Annotated[str, msgspec.Meta(max_length=100)] = ""
    scopes: Annotated[tuple[str, ...], msgspec.Meta(max_length=len(Permission))] | None = None
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    rate_per_minute: Annotated[int, msgspec.Meta(ge=1, le=RATE_MAX)] | None = None


class Rotation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many seconds the old key still opens what it opened."""

    grace_s: Annotated[int, msgspec.Meta(ge=0, le=GRACE_S_MAX)] = GRACE_S_DEFAULT


class KeyReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt with the key's text, which nobody can tell again.

    A request that is repeated under its Idempotency-Key learns which key it made, and that its
    text was told before: null.
    """

    id: str
    version: int
    position: int
    key: str
    text: str | None


@post(
    "/v1/keys",
    tags=TAGS,
    opt={"permission": Permission.USER_WRITE, "body": NewKey, "answer": KeyReceipt},
)
async def post_key(request: AnyRequest) -> Response[KeyReceipt]:
    """Issue a key that may at most what its issuer may."""
    commander = commander_of(request)
    body = await read_as(request, NewKey)
    holder = body.person or (commander.caller.person if body.use == "api" else None)
    terms = KeyTerms(
        use=body.use,
        person=None if holder is None else PersonId(holder),
        label=body.label,
        scopes=body.scopes,
        expires_at=body.expires_at,
        rate_per_minute=body.rate_per_minute,
    )
    issued = await issue_new_key(
        IssueKey(text=fresh_text(body.use), terms=terms),
        asking=asking(request, commander.caller, body),
        desk=commander.desk,
    )
    return _told(issued)


@post(
    "/v1/keys/{key:str}/rotate",
    tags=TAGS,
    opt={"permission": Permission.USER_WRITE, "body": Rotation, "answer": KeyReceipt},
)
async def post_rotation(request: AnyRequest, key: FromPath[str]) -> Response[KeyReceipt]:
    """Issue a key on the same terms; the old one opens until the grace is over."""
    commander = commander_of(request)
    expected = expected_version(request)
    body = await read_as(request, Rotation)
    command = RotateKey(
        key=KeyId(key), text=fresh_text("rotated"), grace=timedelta(seconds=body.grace_s)
    )
    issued = await replace_key(
        command,
        asking=asking(request, commander.caller, body),
        desk=commander.desk,
        expected_version=expected,
    )
    return _told(issued)


@delete(
    "/v1/keys/{key:str}",
    status_code=200,
    tags=TAGS,
    opt={"permission": Permission.USER_WRITE, "answer": Receipt},
)
async def delete_key(request: AnyRequest, key: FromPath[str]) -> ASGIApp:
    """Revoke a key for good; it dies within a second everywhere."""
    commander = commander_of(request)
    outcome = await revoke_old_key(
        RevokeKey(key=KeyId(key)),
        asking=asking(request, commander.caller, None),
        desk=commander.desk,
        expected_version=expected_version(request),
    )
    return Answer(outcome, status=200)


def _told(issued: Issued) -> Response[KeyReceipt]:
    outcome = issued.outcome
    receipt = KeyReceipt(
        id=outcome.id,
        version=outcome.version,
        position=outcome.position,
        key=outcome.id,
        text=issued.keys.get(KeyId(outcome.id)),
    )
    headers = {
        "Cache-Control": "no-store",
        "ETag": f'"{outcome.version}"',
        "Location": f"/v1/keys/{outcome.id}",
        "X-Consistency-Token": str(outcome.position),
    }
    if outcome.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(receipt, status_code=201, headers=headers)
