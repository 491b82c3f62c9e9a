"""Privacy over HTTP: requests of persons, turning one down, and legal holds.

Nothing here answers with a person's name, and no address holds one.
"""

from datetime import datetime
from typing import Annotated, TypeVar

import msgspec
from litestar import delete, post
from litestar.params import FromPath
from litestar.types import ASGIApp

from commands.privacy import (
    LiftHold,
    OpenRequest,
    PlaceHold,
    RefuseRequest,
    lift_legal_hold,
    open_privacy_request,
    place_legal_hold,
    refuse_request,
)
from domain.privacy.events import Ground, RequestKind
from domain.tenant.permissions import Permission
from write_api.bodies import read_as
from write_api.commanding import Answer, Receipt, asking, commander_of
from write_api.problems import AnyRequest

TAGS = ["Privacy"]
T = TypeVar("T")

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Words = Annotated[str, msgspec.Meta(max_length=2_000)]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every body here is: nothing in it is passed over."""


class Identifiers(Body, frozen=True, kw_only=True):
    """Other ids that the facts may know the person by: `playerId` of pixels."""

    players: Annotated[list[Name], msgspec.Meta(max_length=50)] = []


class Requesting(Body, frozen=True, kw_only=True):
    """`subject` is the name under which the product knows the person: member, player or such.

    A `purge` deletes what was observed and keeps what was agreed; an `erasure` ends in a
    certificate and cannot be undone.
    """

    subject: Name
    kind: RequestKind
    identifiers: Identifiers = Identifiers()
    reason: Words = ""


class Refusing(Body, frozen=True, kw_only=True):
    """One of the grounds the law knows (GDPR, Art. 12(5) and (6)), or that it was withdrawn."""

    ground: Ground


class Holding(Body, frozen=True, kw_only=True):
    """Without `until` the hold stays until it is lifted."""

    subject: Name
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
    until: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


@post(
    "/v1/privacy/requests",
    tags=TAGS,
    opt={"permission": Permission.CDP_WRITE, "body": Requesting, "answer": Receipt},
)
async def post_privacy_request(request: AnyRequest) -> ASGIApp:
    """Receive a person's request; the same one already under way is answered instead of a second.

    Erasure waits for legal holds.
    """
    commander = commander_of(request)
    body = await _body(request, Requesting)
    command = OpenRequest(
        subject=body.subject,
        kind=body.kind,
        players=tuple(body.identifiers.players),
        reason=body.reason,
    )
    outcome = await open_privacy_request(
        command, asking=asking(request, commander.caller, body), desk=commander.desk
    )
    return Answer(outcome, status=201, location=f"/v1/privacy/requests/{outcome.id}")


@post(
    "/v1/privacy/requests/{privacy_request:str}/refuse",
    status_code=200,
    tags=TAGS,
    opt={"permission": Permission.CDP_WRITE, "body": Refusing, "answer": Receipt},
)
async def post_privacy_refusal(request: AnyRequest, privacy_request: FromPath[str]) -> ASGIApp:
    """Turn a request down before anything was done about it."""
    commander = commander_of(request)
    body = await _body(request, Refusing)
    outcome = await refuse_request(
        RefuseRequest(request=privacy_request, ground=body.ground),
        asking=asking(request, commander.caller, body),
        desk=commander.desk,
    )
    return Answer(outcome, status=200)


@post(
    "/v1/privacy/holds",
    tags=TAGS,
    opt={"permission": Permission.CDP_WRITE, "body": Holding, "answer": Receipt},
)
async def post_legal_hold(request: AnyRequest) -> ASGIApp:
    """Keep everything of a person: erasure and purging wait until no hold is left."""
    commander = commander_of(request)
    body = await _body(request, Holding)
    outcome = await place_legal_hold(
        PlaceHold(subject=body.subject, reason=body.reason, until=body.until),
        asking=asking(request, commander.caller, body),
        desk=commander.desk,
    )
    return Answer(outcome, status=201, location="/v1/privacy/holds")


@delete(
    "/v1/privacy/holds/{hold:str}",
    status_code=200,
    tags=TAGS,
    opt={"permission": Permission.CDP_WRITE, "answer": Receipt},
)
async def delete_legal_hold(request: AnyRequest, hold: FromPath[str]) -> ASGIApp:
    """Lift a hold; what waited for it goes on at once."""
    commander = commander_of(request)
    outcome = await lift_legal_hold(
        LiftHold(hold=hold),
        asking=asking(request, commander.caller, hold),
        desk=commander.desk,
    )
    return Answer(outcome, status=200)


async def _body(request: AnyRequest, wanted: type[T]) -> T:
    return await read_as(request, wanted)
