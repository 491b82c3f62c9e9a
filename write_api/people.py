"""The people of a tenant over HTTP: let in, change, let go."""

from typing import Annotated

import msgspec
from litestar import delete, patch, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import UNSET, UnsetType

from commands.people import (
    AdmitPerson,
    ChangePerson,
    DismissPerson,
    admit_person,
    change_somebody,
    dismiss_person,
)
from domain.identity import PersonId
from domain.tenant.permissions import Permission
from write_api.bodies import read_as
from write_api.commanding import Answer, Receipt, asking, commander_of
from write_api.preconditions import expected_version
from write_api.problems import AnyRequest

PLACE = "/v1/people/{person:str}"
TAGS = ["People"]

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
MailAddress = Annotated[str, msgspec.Meta(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)]
Roles = Annotated[tuple[str, ...], msgspec.Meta(max_length=32)]


class NewPerson(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Someone to let in; name and mail address are sealed before they are written down."""

    name: Name
    email: MailAddress | None = None
    roles: Roles = ()


class PersonChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be another; `"email": null` forgets the mail address."""

    name: Name | UnsetType = UNSET
    email: MailAddress | UnsetType | None = UNSET
    roles: Roles | UnsetType = UNSET


@post(
    "/v1/people",
    tags=TAGS,
    opt={"permission": Permission.USER_WRITE, "body": NewPerson, "answer": Receipt},
)
async def post_person(request: AnyRequest) -> ASGIApp:
    """Let someone in; their id tells nothing about them."""
    commander = commander_of(request)
    body = await read_as(request, NewPerson)
    outcome = await admit_person(
        AdmitPerson(name=body.name, email=body.email, roles=body.roles),
        asking=asking(request, commander.caller, body),
        desk=commander.desk,
    )
    return Answer(outcome, status=201, location=f"/v1/people/{outcome.id}")


@patch(
    PLACE,
    tags=TAGS,
    opt={"permission": Permission.USER_WRITE, "body": PersonChanges, "answer": Receipt},
)
async def patch_person(request: AnyRequest, person: FromPath[str]) -> ASGIApp:
    """Give someone another name, mail address or other roles; it holds for their keys at once."""
    commander = commander_of(request)
    expected = expected_version(request, required=True)
    body = await read_as(request, PersonChanges)
    command = ChangePerson(
        person=PersonId(person), name=body.name, email=body.email, roles=body.roles
    )
    outcome = await change_somebody(
        command,
        asking=asking(request, commander.caller, body),
        desk=commander.desk,
        expected_version=expected,
    )
    return Answer(outcome, status=200)


@delete(
    PLACE,
    status_code=200,
    tags=TAGS,
    opt={"permission": Permission.USER_WRITE, "answer": Receipt},
)
async def delete_person(request: AnyRequest, person: FromPath[str]) -> ASGIApp:
    """Let someone go; their keys are revoked. The last admin stays."""
    commander = commander_of(request)
    outcome = await dismiss_person(
        DismissPerson(person=PersonId(person)),
        asking=asking(request, commander.caller, None),
        desk=commander.desk,
        expected_version=expected_version(request),
    )
    return Answer(outcome, status=200)
