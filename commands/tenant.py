"""What may be asked of a tenant."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial, reduce

import msgspec

from commands.desk import Desk
from commands.ledger import Ledger
from commands.transact import Asking, Outcome, transact
from domain.identity import KeyId, PersonId
from domain.tenant import UNOPENED, Tenant, TenantEvent, evolve
from domain.tenant.decisions import issue_key, join, open_tenant, revoke_key
from domain.tenant.events import KeyUse

TENANTS: Ledger[Tenant, TenantEvent] = Ledger(
    "tenant", UNOPENED, evolve, msgspec.json.Decoder(TenantEvent)
)


class Person(msgspec.Struct, frozen=True, kw_only=True):
    person: PersonId
    name: str
    roles: tuple[str, ...]


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key to issue; `text` is the whole of it, made elsewhere from good randomness."""

    key: KeyId
    use: KeyUse
    text: str
    person: PersonId | None = None


class OpenTenant(msgspec.Struct, frozen=True, kw_only=True):
    """An agency with its first people and keys, recorded all at once."""

    name: str
    people: Sequence[Person] = ()
    keys: Sequence[NewKey] = ()


class RevokeKey(msgspec.Struct, frozen=True, kw_only=True):
    key: KeyId


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """The only time the key's text is told: the record keeps its hash alone."""

    outcome: Outcome
    keys: dict[KeyId, str]


def hash_of(text: str) -> str:
    """Return what is kept of a key: the hex SHA-256 of its whole text."""
    return hashlib.sha256(text.encode()).hexdigest()


async def open_tenant_books(command: OpenTenant, *, asking: Asking, desk: Desk) -> Issued:
    """Open the asking tenant with its people and keys."""
    at = desk.clock.now()
    steps: list[Callable[[Tenant], list[TenantEvent]]] = [
        partial(open_tenant, tenant_id=asking.tenant, name=command.name, at=at),
        *(
            partial(join, person=person.person, name=person.name, roles=person.roles, at=at)
            for person in command.people
        ),
        *(_issuing(key, at=at) for key in command.keys),
    ]
    outcome = await transact(
        desk, TENANTS, asking.tenant, partial(_in_turn, steps), asking=asking, at=at
    )
    return Issued(outcome=outcome, keys={key.key: key.text for key in command.keys})


async def admit_person(command: Person, *, asking: Asking, desk: Desk) -> Outcome:
    """Let someone in, or change their name or roles."""
    at = desk.clock.now()
    decision = partial(join, person=command.person, name=command.name, roles=command.roles, at=at)
    return await transact(desk, TENANTS, asking.tenant, decision, asking=asking, at=at)


async def issue_new_key(command: NewKey, *, asking: Asking, desk: Desk) -> Issued:
    """Issue one more key."""
    at = desk.clock.now()
    outcome = await transact(
        desk, TENANTS, asking.tenant, _issuing(command, at=at), asking=asking, at=at
    )
    return Issued(outcome=outcome, keys={command.key: command.text})


async def revoke_old_key(command: RevokeKey, *, asking: Asking, desk: Desk) -> Outcome:
    """Stop honouring a key."""
    at = desk.clock.now()
    decision = partial(revoke_key, key=command.key, at=at)
    return await transact(desk, TENANTS, asking.tenant, decision, asking=asking, at=at)


def _issuing(key: NewKey, *, at: datetime) -> Callable[[Tenant], list[TenantEvent]]:
    return partial(
        issue_key,
        key=key.key,
        use=key.use,
        person=key.person,
        secret_hash=hash_of(key.text),
        at=at,
    )


def _in_turn(
    steps: Sequence[Callable[[Tenant], list[TenantEvent]]], tenant: Tenant
) -> list[TenantEvent]:
    """Take several decisions, each on what the ones before it led to."""
    news: list[TenantEvent] = []
    for step in steps:
        taken = step(tenant)
        tenant = reduce(evolve, taken, tenant)
        news += taken
    return news
