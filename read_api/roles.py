"""Which roles there are, and what each gives."""

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency as Given
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from domain.identity import TenantId
from domain.tenant import Open
from domain.tenant.permissions import GIVEN, Permission
from projections.access import Holder
from projections.people import People
from projections.views import Positions
from read_api.books import VIEW, books_of
from read_api.parameters import Listed, Token, caught_up

TAGS = ["People"]


class RoleShown(msgspec.Struct, frozen=True, kw_only=True):
    """A built-in role never changes, and its `version` is 0."""

    name: str
    permissions: list[str]
    built_in: bool
    people: int
    version: int


@get("/v1/roles", tags=TAGS, opt={"permission": Permission.USER_READ})
async def role_list(
    caller: Given[Holder], people: Given[People], positions: Given[Positions], token: Token = None
) -> Response[Listed[RoleShown]]:
    """List the built-in roles, then the tenant's own."""
    headers = await caught_up(positions, VIEW, token)
    books = await books_of(people, TenantId(caller.tenant))
    names = [*GIVEN, *sorted(books.roles)]
    return Response(Listed([role_shown(books, name) for name in names], None), headers=headers)


@get("/v1/roles/{role:str}", tags=TAGS, opt={"permission": Permission.USER_READ})
async def role_card(
    *,
    role: FromPath[str],
    caller: Given[Holder],
    people: Given[People],
    positions: Given[Positions],
    token: Token = None,
) -> Response[RoleShown]:
    """Read what a role gives; the ETag is what a change sends as If-Match."""
    headers = await caught_up(positions, VIEW, token)
    books = await books_of(people, TenantId(caller.tenant))
    if role not in GIVEN and role not in books.roles:
        raise NotFoundException(
            detail="There is no such role in this tenant.", extra={"code": "no_such_role"}
        )
    shown = role_shown(books, role)
    return Response(shown, headers={**headers, "ETag": f'"{shown.version}"'})


def role_shown(books: Open, role: str) -> RoleShown:
    """Return a role as the API shows it."""
    own = books.roles.get(role)
    return RoleShown(
        name=role,
        permissions=sorted(books.gives(role)),
        built_in=own is None,
        people=sum(role in person.roles for person in books.people.values()),
        version=own.version if own else 0,
    )
