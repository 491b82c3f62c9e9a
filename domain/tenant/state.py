"""What a tenant is, given everything that happened to it."""

import msgspec
from msgspec.structs import replace

from domain.identity import KeyId, PersonId, TenantId
from domain.tenant.events import KeyIssued, KeyRevoked, PersonJoined, TenantEvent, TenantOpened


class Unopened(msgspec.Struct, frozen=True):
    """No tenant yet."""


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """An agency, the roles of its people, and its keys."""

    tenant: TenantId
    name: str
    people: dict[PersonId, PersonJoined] = {}
    keys: dict[KeyId, KeyIssued] = {}
    revoked: frozenset[KeyId] = frozenset()


Tenant = Unopened | Open

UNOPENED = Unopened()


def evolve(tenant: Tenant, event: TenantEvent) -> Tenant:
    """Accept what happened: history is never argued with, so nothing is refused."""
    match event:
        case TenantOpened() if isinstance(tenant, Unopened):
            return Open(tenant=event.tenant, name=event.name)
        case PersonJoined() if isinstance(tenant, Open):
            return replace(tenant, people={**tenant.people, event.person: event})
        case KeyIssued() if isinstance(tenant, Open):
            return replace(tenant, keys={**tenant.keys, event.key: event})
        case KeyRevoked(key=key) if isinstance(tenant, Open):
            return replace(tenant, revoked=tenant.revoked | {key})
        case TenantOpened() | PersonJoined() | KeyIssued() | KeyRevoked():
            return tenant  # Out of order: on the record, without effect.
