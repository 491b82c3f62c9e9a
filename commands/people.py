"""What may be asked about the people of a tenant: to let in, to change, to let go.

Names and mail addresses are sealed here, before anything is decided, so that no event and no
view ever holds them in the clear.
"""

import uuid
from functools import partial

import msgspec
from msgspec import UNSET, UnsetType

from commands.desk import Desk
from commands.ports import KeyRing, Subject
from commands.tenant import TENANTS, decided
from commands.transact import Asking, Outcome, current
from domain.identity import PersonId, TenantId
from domain.tenant import Open
from domain.tenant import Person as Known
from domain.tenant.decisions import change_person, join, leave
from domain.tenant.terms import Sealed

ID_CHARACTERS = 16


class AdmitPerson(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    email: str | None = None
    roles: tuple[str, ...] = ()


class ChangePerson(msgspec.Struct, frozen=True, kw_only=True):
    """What is not said stays as it is."""

    person: PersonId
    name: str | UnsetType = UNSET
    email: str | UnsetType | None = UNSET
    roles: tuple[str, ...] | UnsetType = UNSET


class DismissPerson(msgspec.Struct, frozen=True, kw_only=True):
    person: PersonId


async def admit_person(command: AdmitPerson, *, asking: Asking, desk: Desk) -> Outcome:
    """Let someone in; their id follows from the command's and tells nothing about them."""
    made = uuid.uuid5(uuid.UUID(asking.command_id), "person")
    person = PersonId("p" + made.hex[:ID_CHARACTERS])
    known_as = await sealed(desk.keys, asking.tenant, person, command.name, command.email)
    at = desk.clock.now()
    decision = partial(
        join, person=person, known_as=known_as, roles=command.roles, by=asking.actor, at=at
    )
    outcome = await decided(desk, decision, asking=asking, at=at)
    return outcome._replace(id=person)


async def change_somebody(
    command: ChangePerson, *, asking: Asking, desk: Desk, expected_version: int | None = None
) -> Outcome:
    """Give someone another name, mail address or other roles."""
    at = desk.clock.now()
    known_as, mail_moves = await _known_as(command, asking.tenant, desk)
    decision = partial(
        change_person,
        person=command.person,
        known_as=known_as,
        mail_moves=mail_moves,
        roles=command.roles,
        by=asking.actor,
        at=at,
    )
    outcome = await decided(
        desk,
        decision,
        asking=asking,
        at=at,
        part=partial(_changed, command.person),
        expected_version=expected_version,
    )
    return outcome._replace(id=command.person)


async def dismiss_person(
    command: DismissPerson, *, asking: Asking, desk: Desk, expected_version: int | None = None
) -> Outcome:
    """Let someone go, and with them all keys they hold."""
    at = desk.clock.now()
    outcome = await decided(
        desk,
        partial(leave, person=command.person, at=at),
        asking=asking,
        at=at,
        part=partial(_changed, command.person),
        expected_version=expected_version,
    )
    return outcome._replace(id=command.person)


async def sealed(
    keys: KeyRing, tenant: TenantId, person: PersonId, name: str, email: str | None
) -> Sealed:
    """Return what is written down of a person; raises `SubjectErased`."""
    subject = await keys.subject(tenant, subject_name(person))
    return Sealed(
        name=await keys.seal(subject, name),
        email=None if email is None else await keys.seal(subject, email),
        ref=subject.ref,
    )


def subject_name(person: PersonId) -> str:
    """Return how the key ring knows someone who works here, apart from any customer."""
    return f"person:{person}"


async def _known_as(
    command: ChangePerson, tenant: TenantId, desk: Desk
) -> tuple[Sealed | UnsetType, bool]:
    """Return name and mail address sealed anew, UNSET when neither is another.

    Beside it stands whether the mail address is another.

    The same text never seals to the same bytes, so sameness is told by what was sealed.
    """
    books = (await current(desk, TENANTS, tenant, tenant)).state
    known = books.people.get(command.person) if isinstance(books, Open) else None
    if known is None:
        return UNSET, False  # The decision refuses this person; nobody needs a key for that.
    before = await _opened(desk.keys, tenant, known)
    name = before[0] or "" if command.name is UNSET else command.name
    email = before[1] if command.email is UNSET else command.email
    if (name, email) == before:
        return UNSET, False
    return await sealed(desk.keys, tenant, command.person, name, email), email != before[1]


async def _opened(keys: KeyRing, tenant: TenantId, known: Known) -> tuple[str | None, str | None]:
    if known.ref is None:
        return known.name, known.email
    subject = Subject(tenant, known.ref)
    email = None if known.email is None else await keys.opened(subject, known.email)
    return await keys.opened(subject, known.name), email


def _changed(person: PersonId, books: Open) -> int:
    known = books.people.get(person)
    return known.version if known else 0
