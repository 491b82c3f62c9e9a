"""Who works here and what they may do: now, and on any day before."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency as Given
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, QueryParameter

from domain.identity import PersonId, TenantId
from domain.tenant import Open, Person
from domain.tenant.permissions import Permission
from projections.access import Holder
from projections.people import People
from projections.views import Positions
from read_api.books import VIEW, Names, books_of, books_then, part_of
from read_api.parameters import LIMIT_DEFAULT, Cursor, Limit, Listed, Token, caught_up
from read_api.ports import AuditTrail

TAGS = ["People"]
AsOf = Annotated[datetime | None, QueryParameter(description="Answer as it was on the record then")]


class PersonShown(msgspec.Struct, frozen=True, kw_only=True):
    """`permissions` are what the roles give together; `name` is null once erased."""

    id: str
    name: str | None
    email: str | None
    roles: tuple[str, ...]
    permissions: list[str]
    joined_at: datetime
    version: int


@get("/v1/people", tags=TAGS, opt={"permission": Permission.USER_READ})
async def people_list(
    *,
    caller: Given[Holder],
    people: Given[People],
    names: Given[Names],
    trail: Given[AuditTrail],
    positions: Given[Positions],
    permission: FromQuery[Permission | None] = None,
    as_of: AsOf = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
    token: Token = None,
) -> Response[Listed[PersonShown]]:
    """List the people; with `permission` those who have it, with `as_of` those who had it."""
    headers = await caught_up(positions, VIEW, token)
    tenant = TenantId(caller.tenant)
    books = await (books_of(people, tenant) if as_of is None else books_then(trail, tenant, as_of))
    chosen = having(books, permission)
    part, following = part_of(chosen, limit=limit, cursor=cursor)
    shown = [await person_shown(books, id_, person, names) for id_, person in part]
    return Response(Listed(shown, following), headers=headers)


@get("/v1/people/{person:str}", tags=TAGS, opt={"permission": Permission.USER_READ})
async def person_card(
    *,
    person: FromPath[str],
    caller: Given[Holder],
    people: Given[People],
    names: Given[Names],
    positions: Given[Positions],
    token: Token = None,
) -> Response[PersonShown]:
    """Read someone's roles and permissions; the ETag is what a change sends as If-Match."""
    headers = await caught_up(positions, VIEW, token)
    books = await books_of(people, TenantId(caller.tenant))
    known = books.people.get(PersonId(person))
    if known is None:
        raise NotFoundException(
            detail="There is no such person in this tenant.", extra={"code": "person_unknown"}
        )
    headers["ETag"] = f'"{known.version}"'
    shown = await person_shown(books, PersonId(person), known, names)
    return Response(shown, headers=headers)


def having(books: Open, permission: str | None) -> dict[PersonId, Person]:
    """Return the people whose roles give the permission; all of them without one."""
    return {
        id_: person
        for id_, person in books.people.items()
        if permission is None or permission in books.allowed_to(id_)
    }


async def person_shown(books: Open, id_: PersonId, person: Person, names: Names) -> PersonShown:
    """Return someone as the API shows them."""
    return PersonShown(
        id=id_,
        name=await names.of(books.tenant, person.ref, person.name),
        email=await names.of(books.tenant, person.ref, person.email),
        roles=person.roles,
        permissions=sorted(books.allowed_to(id_)),
        joined_at=person.joined_at,
        version=person.version,
    )
