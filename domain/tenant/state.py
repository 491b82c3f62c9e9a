"""What a tenant is, given everything that happened to it."""

from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from domain.identity import AdvertiserId, KeyId, PersonId, TenantId
from domain.tenant.events import (
    AdvertiserAdded,
    AdvertiserChanged,
    KeyExpirySet,
    KeyIssued,
    KeyRevoked,
    KeyUse,
    PersonJoined,
    PersonLeft,
    RoleDefined,
    RoleRemoved,
    SettingsChanged,
    TenantEvent,
    TenantOpened,
)
from domain.tenant.permissions import GIVEN

K = TypeVar("K")
V = TypeVar("V")


class Unopened(msgspec.Struct, frozen=True):
    """No tenant yet."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who works here; name and mail address are sealed for `ref` where there is one."""

    name: str
    email: str | None
    ref: str | None
    roles: tuple[str, ...]
    joined_at: datetime
    version: int


class OwnRole(msgspec.Struct, frozen=True, kw_only=True):
    """A role that the tenant defined itself."""

    permissions: tuple[str, ...]
    version: int


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it stands; its text is nowhere."""

    use: KeyUse
    person: PersonId | None
    secret_hash: str
    label: str
    prefix: str
    scopes: tuple[str, ...] | None
    rate_per_minute: int | None
    issued_at: datetime
    expires_at: datetime | None
    replaces: KeyId | None
    revoked_at: datetime | None = None
    version: int

    def opens(self, at: datetime) -> bool:
        """Tell whether the key is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


class Advertiser(msgspec.Struct, frozen=True, kw_only=True):
    """A client of the agency: currency by ISO 4217, time zone by its IANA name."""

    name: str
    currency: str
    time_zone: str
    version: int


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """An agency; `version` counts what happened, as each part's does when it last changed."""

    tenant: TenantId
    name: str
    currency: str = "USD"
    time_zone: str = "UTC"
    settings_version: int = 1
    version: int = 1
    people: dict[PersonId, Person] = {}
    roles: dict[str, OwnRole] = {}
    keys: dict[KeyId, Key] = {}
    advertisers: dict[AdvertiserId, Advertiser] = {}

    def gives(self, role: str) -> frozenset[str]:
        """Return what a role gives; nothing when there is no such role (any more)."""
        own = self.roles.get(role)
        return GIVEN.get(role, frozenset()) if own is None else frozenset(own.permissions)

    def allowed_to(self, person: PersonId | None) -> frozenset[str]:
        """Return what the roles of `person` give together; nothing for one who left."""
        known = self.people.get(person) if person is not None else None
        return frozenset().union(*map(self.gives, known.roles if known else ()))

    def allowed_with(self, key: Key) -> frozenset[str]:
        """Return what the key's holder may do with it."""
        allowed = self.allowed_to(key.person)
        return allowed if key.scopes is None else allowed & frozenset(key.scopes)


Tenant = Unopened | Open

UNOPENED = Unopened()


def evolve(tenant: Tenant, event: TenantEvent) -> Tenant:
    """Accept what happened: history is never argued with, so nothing is refused."""
    if isinstance(tenant, Unopened):
        return _opened(event) if isinstance(event, TenantOpened) else tenant
    return _changed(replace(tenant, version=tenant.version + 1), event)


def _opened(event: TenantOpened) -> Open:
    return Open(
        tenant=event.tenant, name=event.name, currency=event.currency, time_zone=event.time_zone
    )


def _changed(books: Open, event: TenantEvent) -> Open:  # noqa: PLR0911 - one for each kind of fact
    match event:
        case TenantOpened():
            return books  # Out of order: on the record, without effect.
        case SettingsChanged():
            return replace(
                books,
                name=event.name,
                currency=event.currency,
                time_zone=event.time_zone,
                settings_version=books.version,
            )
        case PersonJoined():
            return replace(books, people=_with(books.people, event.person, _person(books, event)))
        case PersonLeft(person=person):
            return replace(books, people=_without(books.people, person))
        case RoleDefined(role=role):
            own = OwnRole(permissions=event.permissions, version=books.version)
            return replace(books, roles=_with(books.roles, role, own))
        case RoleRemoved(role=role):
            return replace(books, roles=_without(books.roles, role))
        case KeyIssued() | KeyExpirySet() | KeyRevoked():
            return _with_key(books, event)
        case AdvertiserAdded() | AdvertiserChanged():
            advertiser = Advertiser(
                name=event.name,
                currency=event.currency,
                time_zone=event.time_zone,
                version=books.version,
            )
            return replace(
                books, advertisers=_with(books.advertisers, event.advertiser, advertiser)
            )


def _with_key(books: Open, event: KeyIssued | KeyExpirySet | KeyRevoked) -> Open:
    known = books.keys.get(event.key)
    match event:
        case KeyIssued():
            return _keeping(books, event.key, _key(books, event))
        case KeyExpirySet(key=key, expires_at=expires_at) if known is not None:
            return _keeping(books, key, replace(known, expires_at=expires_at))
        case KeyRevoked(key=key, revoked_at=revoked_at) if known is not None:
            return _keeping(books, key, replace(known, revoked_at=revoked_at))
        case KeyExpirySet() | KeyRevoked():
            return books  # Of a key that was never issued: on the record, without effect.


def _keeping(books: Open, id_: KeyId, key: Key) -> Open:
    kept = replace(key, version=books.version)
    return replace(books, keys=_with(books.keys, id_, kept))


def _person(books: Open, event: PersonJoined) -> Person:
    known = books.people.get(event.person)
    return Person(
        name=event.name,
        email=event.email,
        ref=event.ref,
        roles=event.roles,
        joined_at=known.joined_at if known else event.joined_at,
        version=books.version,
    )


def _key(books: Open, event: KeyIssued) -> Key:
    return Key(
        use=event.use,
        person=event.person,
        secret_hash=event.secret_hash,
        label=event.label,
        prefix=event.prefix,
        scopes=event.scopes,
        rate_per_minute=event.rate_per_minute,
        issued_at=event.issued_at,
        expires_at=event.expires_at,
        replaces=event.replaces,
        version=books.version,
    )


def _with(entries: dict[K, V], name: K, entry: V) -> dict[K, V]:
    return {**entries, name: entry}


def _without(entries: dict[K, V], name: K) -> dict[K, V]:
    return {key: entry for key, entry in entries.items() if key != name}
