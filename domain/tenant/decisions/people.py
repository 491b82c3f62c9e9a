"""Who belongs to a tenant, and in which roles."""

from datetime import datetime

from msgspec import UNSET, UnsetType

from domain.identity import PersonId
from domain.refusal import FieldError
from domain.tenant.decisions.authority import require_all
from domain.tenant.decisions.books import books_of
from domain.tenant.events import KeyRevoked, PersonJoined, PersonLeft, TenantEvent
from domain.tenant.refusals import LastAdmin, PersonUnknown, RoleUnknown
from domain.tenant.roles import Actor, Role
from domain.tenant.state import Open, Person, Tenant
from domain.tenant.terms import Sealed


def join(
    tenant: Tenant,
    *,
    person: PersonId,
    known_as: Sealed,
    roles: tuple[str, ...],
    by: Actor,
    at: datetime,
) -> list[TenantEvent]:
    """Let someone in, or give them another name or other roles."""
    books = books_of(tenant)
    _require_roles(books, roles)
    before = books.people.get(person)
    held = before.roles if before else ()
    require_all(
        frozenset().union(*(books.gives(role) for role in roles if role not in held)), by=by
    )
    if Role.ADMIN in held and Role.ADMIN not in roles:
        _require_another_admin(books, person)
    if before is not None and (_known_as(before), before.roles) == (known_as, roles):
        return []
    return [
        PersonJoined(
            person=person,
            name=known_as.name,
            email=known_as.email,
            ref=known_as.ref,
            roles=roles,
            joined_at=at,
        )
    ]


def change_person(
    tenant: Tenant,
    *,
    person: PersonId,
    known_as: Sealed | UnsetType = UNSET,
    roles: tuple[str, ...] | UnsetType = UNSET,
    mail_moves: bool = False,
    by: Actor,
    at: datetime,
) -> list[TenantEvent]:
    """Give somebody who is here another name, mail address or other roles.

    Whoever receives someone's mail may come to sign in as them, so an address moves only by
    the hand of one who may do all that they may.
    """
    books = books_of(tenant)
    before = _person(books, person)
    if mail_moves and by.person != person:
        require_all(books.allowed_to(person), by=by)
    return join(
        tenant,
        person=person,
        known_as=_known_as(before) if known_as is UNSET else known_as,
        roles=before.roles if roles is UNSET else roles,
        by=by,
        at=at,
    )


def leave(tenant: Tenant, *, person: PersonId, at: datetime) -> list[TenantEvent]:
    """Let someone go; their keys open nothing from then on."""
    books = books_of(tenant)
    if Role.ADMIN in _person(books, person).roles:
        _require_another_admin(books, person)
    keys = [key for key, issued in books.keys.items() if issued.person == person]
    return [
        *(
            KeyRevoked(key=key, revoked_at=at, why="holder_left")
            for key in keys
            if books.keys[key].revoked_at is None
        ),
        PersonLeft(person=person, left_at=at),
    ]


def _person(books: Open, person: PersonId) -> Person:
    if person not in books.people:
        raise PersonUnknown(person=person)
    return books.people[person]


def _known_as(person: Person) -> Sealed:
    return Sealed(name=person.name, email=person.email, ref=person.ref)


def _require_roles(books: Open, roles: tuple[str, ...]) -> None:
    if unknown := [role for role in roles if role not in books.roles and role not in set(Role)]:
        raise RoleUnknown(
            *(FieldError("/roles", f"There is no role {role!r}.") for role in unknown)
        )


def _require_another_admin(books: Open, person: PersonId) -> None:
    others = (known for name, known in books.people.items() if name != person)
    if not any(Role.ADMIN in other.roles for other in others):
        raise LastAdmin(person=person)
