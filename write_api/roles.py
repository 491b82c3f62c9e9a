"""A tenant's own roles over HTTP."""

from typing import Annotated
from urllib.parse import quote

import msgspec
from litestar import delete, put
from litestar.params import FromPath
from litestar.types import ASGIApp

from commands.roles import DefineRole, RemoveRole, define_own_role, remove_own_role
from domain.tenant.permissions import Permission
from write_api.bodies import read_as
from write_api.commanding import Answer, Receipt, asking, commander_of
from write_api.overwriting import NEVER_READ, asking_for_if_match, version_read
from write_api.preconditions import expected_version
from write_api.problems import AnyRequest

PLACE = "/v1/roles/{role:str}"
TAGS = ["People"]


class RoleBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the role gives, as `resource:verb`."""

    permissions: Annotated[tuple[str, ...], msgspec.Meta(max_length=len(Permission))]


@put(
    PLACE,
    tags=TAGS,
    opt={"permission": Permission.USER_WRITE, "body": RoleBody, "answer": Receipt},
)
async def put_role(request: AnyRequest, role: FromPath[str]) -> ASGIApp:
    """Define a role, or with If-Match define it anew: whoever holds it has that at once."""
    commander = commander_of(request)
    expected = version_read(request)
    body = await read_as(request, RoleBody)
    with asking_for_if_match(request):
        outcome = await define_own_role(
            DefineRole(role=role, permissions=body.permissions),
            asking=asking(request, commander.caller, body),
            desk=commander.desk,
            expected_version=expected,
        )
    if expected == NEVER_READ:
        return Answer(outcome, status=201, location=f"/v1/roles/{quote(role, safe='')}")
    return Answer(outcome, status=200)


@delete(
    PLACE,
    status_code=200,
    tags=TAGS,
    opt={"permission": Permission.USER_WRITE, "answer": Receipt},
)
async def delete_role(request: AnyRequest, role: FromPath[str]) -> ASGIApp:
    """Take away a role that nobody holds."""
    commander = commander_of(request)
    outcome = await remove_own_role(
        RemoveRole(role=role),
        asking=asking(request, commander.caller, None),
        desk=commander.desk,
        expected_version=expected_version(request),
    )
    return Answer(outcome, status=200)
