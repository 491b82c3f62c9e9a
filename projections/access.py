"""Who holds which key: a row for each key that is not revoked, found by its secret's hash."""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from domain.envelope import Recorded
from domain.tenant.events import KeyIssued, KeyRevoked, PersonJoined, TenantEvent, TenantOpened
from domain.tenant.permissions import given_to
from projections.ports import Address
from projections.projection import Projection, Rows

ANYWHERE = "_"  # a key is looked up before its tenant is known


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """`use` is api, exchange or site; `person` is None for keys of machines."""

    key: str
    use: str
    tenant: str
    person: str | None
    roles: tuple[str, ...]
    permissions: frozenset[str] = frozenset()  # what the roles give, narrowed by the key's scopes
    scopes: tuple[str, ...] | None = None  # None: the key may do whatever its holder may
    expires_at: datetime | None = None
    rate: int | None = None  # requests a minute; None: what the installation allows


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A holder as it is stored: a set has no order, and two builds must agree in every byte."""

    key: str
    use: str
    tenant: str
    person: str | None
    roles: tuple[str, ...]
    permissions: tuple[str, ...]
    scopes: tuple[str, ...] | None
    expires_at: datetime | None
    rate: int | None


class IssuedKey(msgspec.Struct, frozen=True):
    use: str
    person: str | None
    secret_hash: str


class Keyring(msgspec.Struct, frozen=True):
    """What is remembered of a tenant: its people's roles and the keys in force."""

    roles: dict[str, tuple[str, ...]] = {}
    keys: dict[str, IssuedKey] = {}


def fold(keyring: Keyring | None, event: TenantEvent, _: Recorded) -> Keyring:
    """Return the keyring after one more event."""
    ring = keyring or Keyring()
    match event:
        case TenantOpened():
            return ring
        case PersonJoined(person=person, roles=roles):
            return replace(ring, roles={**ring.roles, person: roles})
        case KeyIssued(key=key, use=use, person=person, secret_hash=secret_hash):
            return replace(ring, keys={**ring.keys, key: IssuedKey(use, person, secret_hash)})
        case KeyRevoked(key=revoked):
            return replace(ring, keys={k: v for k, v in ring.keys.items() if k != revoked})


def rows(tenant: str, _: str, ring: Keyring | None) -> Rows:
    """Return a holder for each key; new roles of a person reach all keys they hold."""
    keyring = ring or Keyring()
    return {
        Address(ANYWHERE, key.secret_hash): Row(
            key=id_,
            use=key.use,
            tenant=tenant,
            person=key.person,
            roles=keyring.roles.get(key.person or "", ()),
            permissions=tuple(sorted(given_to(keyring.roles.get(key.person or "", ())))),
            scopes=None,
            expires_at=None,
            rate=None,
        )
        for id_, key in keyring.keys.items()
    }


ACCESS = Projection(
    name="access", version=2, events=TenantEvent, memory=Keyring, fold=fold, rows=rows
)
