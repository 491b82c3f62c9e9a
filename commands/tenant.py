"""What may be asked of a tenant as a whole: to open, and to have other settings."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial, reduce

import msgspec

from commands.desk import Desk
from commands.ledger import SNAPSHOT_EVERY, Ledger
from commands.transact import Asking, Outcome, StaleVersion, transact
from domain.identity import KeyId, PersonId
from domain.tenant import UNOPENED, Open, Tenant, TenantEvent, evolve
from domain.tenant.decisions import change_settings, issue_key, join, open_tenant
from domain.tenant.decisions.authority import EVERY
from domain.tenant.events import KeyUse
from domain.tenant.roles import Actor
from domain.tenant.terms import KeyTerms, Sealed, Secret
from migrations.events import EventDecoder

PREFIX_CHARACTERS = 6  # of a key's randomness; the rest must be good enough by itself
REST_CHARACTERS_MIN = 32

TENANTS: Ledger[Tenant, TenantEvent] = Ledger(
    "tenant", UNOPENED, evolve, EventDecoder(TenantEvent), snapshot_every=SNAPSHOT_EVERY
)
Decision = Callable[[Tenant], Sequence[TenantEvent]]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One of a new tenant's first people, by an office and not by a person's name."""

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


class ChangeSettings(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    currency: str
    time_zone: str


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """The only time a key's text is told: the record keeps its hash alone."""

    outcome: Outcome
    keys: dict[KeyId, str]


def hash_of(text: str) -> str:
    """Return what is kept of a key: the hex SHA-256 of its whole text."""
    return hashlib.sha256(text.encode()).hexdigest()


def secret_of(text: str) -> Secret:
    """Return what is kept of a key, with its beginning where enough is left unsaid."""
    shown = text.rfind("_") + 1 + PREFIX_CHARACTERS
    prefix = text[:shown] if len(text) - shown >= REST_CHARACTERS_MIN else ""
    return Secret(hash=hash_of(text), prefix=prefix)


async def open_tenant_books(command: OpenTenant, *, asking: Asking, desk: Desk) -> Issued:
    """Open the asking tenant with its people and keys; whoever may open one may give all."""
    at = desk.clock.now()
    founder = Actor(asking.person, asking.roles, EVERY)
    steps: list[Decision] = [
        partial(open_tenant, tenant_id=asking.tenant, name=command.name, at=at),
        *(_joining(person, by=founder, at=at) for person in command.people),
        *(_issuing(key, by=founder, at=at) for key in command.keys),
    ]
    outcome = await transact(
        desk, TENANTS, asking.tenant, partial(_in_turn, steps), asking=asking, at=at
    )
    return Issued(outcome=outcome, keys={key.key: key.text for key in command.keys})


async def change_tenant_settings(
    command: ChangeSettings, *, asking: Asking, desk: Desk, expected_version: int | None = None
) -> Outcome:
    """Give the agency another name, or its advertisers other defaults."""
    at = desk.clock.now()
    decision = partial(
        change_settings,
        name=command.name,
        currency=command.currency,
        time_zone=command.time_zone,
        at=at,
    )
    return await decided(
        desk,
        decision,
        asking=asking,
        at=at,
        part=lambda books: books.settings_version,
        expected_version=expected_version,
    )


async def decided(
    desk: Desk,
    decision: Decision,
    *,
    asking: Asking,
    at: datetime,
    part: Callable[[Open], int] | None = None,
    expected_version: int | None = None,
) -> Outcome:
    """Take a decision on the asking tenant's books.

    `part` tells the version at which the part in question last changed, 0 when there is none.
    `expected_version` is one at which the caller had read it (0: never), and `StaleVersion`
    says that it changed since: what others did elsewhere in the books is no conflict.
    """

    def in_time(tenant: Tenant) -> Sequence[TenantEvent]:
        news = decision(tenant)
        if part is not None and expected_version is not None and isinstance(tenant, Open):
            changed = part(tenant)
            unread = changed == 0 < expected_version or expected_version > tenant.version
            if unread or changed > expected_version:
                raise StaleVersion(current=str(changed), expected=str(expected_version))
        return news

    return await transact(desk, TENANTS, asking.tenant, in_time, asking=asking, at=at)


def _joining(person: Person, *, by: Actor, at: datetime) -> Decision:
    known_as = Sealed(name=person.name)
    return partial(join, person=person.person, known_as=known_as, roles=person.roles, by=by, at=at)


def _issuing(key: NewKey, *, by: Actor, at: datetime) -> Decision:
    terms = KeyTerms(use=key.use, person=key.person)
    return partial(issue_key, key=key.key, terms=terms, secret=secret_of(key.text), by=by, at=at)


def _in_turn(steps: Sequence[Decision], tenant: Tenant) -> list[TenantEvent]:
    """Take several decisions, each on what the ones before it led to."""
    news: list[TenantEvent] = []
    for step in steps:
        taken = step(tenant)
        tenant = reduce(evolve, taken, tenant)
        news += taken
    return news
