"""Who holds which key: a row for each key that is not revoked, found by its secret's hash."""

from datetime import datetime

import msgspec

from domain.envelope import Recorded
from domain.tenant import UNOPENED, Key, Open, TenantEvent, evolve
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


def fold(books: Open | None, event: TenantEvent, _: Recorded) -> Open | None:
    """Return the tenant's books after one more event; None before they were opened."""
    after = evolve(books or UNOPENED, event)
    return after if isinstance(after, Open) else None


def rows(tenant: str, _: str, books: Open | None) -> Rows:
    """Return a holder for each key; new roles of a person reach all keys they hold."""
    if books is None:
        return {}
    return {
        Address(ANYWHERE, key.secret_hash): _row(tenant, id_, key, books)
        for id_, key in books.keys.items()
        if key.revoked_at is None
    }


def _row(tenant: str, id_: str, key: Key, books: Open) -> Row:
    person = books.people.get(key.person) if key.person is not None else None
    return Row(
        key=id_,
        use=key.use,
        tenant=tenant,
        person=key.person,
        roles=person.roles if person else (),
        permissions=tuple(sorted(books.allowed_with(key))),
        scopes=key.scopes,
        expires_at=key.expires_at,
        rate=key.rate_per_minute,
    )


ACCESS = Projection(name="access", version=2, events=TenantEvent, memory=Open, fold=fold, rows=rows)
