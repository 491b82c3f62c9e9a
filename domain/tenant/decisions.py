"""What may be done in a tenant, and what follows."""

import re
from datetime import datetime

from domain.identity import KeyId, PersonId, TenantId
from domain.refusal import FieldError, Reason, Refusal
from domain.tenant.events import (
    KeyIssued,
    KeyRevoked,
    KeyUse,
    PersonJoined,
    TenantEvent,
    TenantOpened,
)
from domain.tenant.roles import Role
from domain.tenant.state import Open, Tenant, Unopened

TENANT_ID = re.compile(r"[a-z0-9]{1,32}")
RESERVED = frozenset({"system"})  # the tenant of our own process managers


class TenantUnknown(Refusal, reason=Reason.UNKNOWN):
    """There is no such tenant."""


class TenantIdInvalid(Refusal, reason=Reason.MALFORMED):
    """A tenant's id is 1 to 32 lower-case letters and digits, and not a reserved word."""


class TenantAlreadyOpen(Refusal, reason=Reason.UNTIMELY):
    """A tenant with this id exists under another name."""


class RoleUnknown(Refusal, reason=Reason.MALFORMED):
    """A person's roles are admin, marketer, manager, director or compliance."""


class PersonUnknown(Refusal, reason=Reason.UNKNOWN):
    """There is no such person in this tenant."""


class KeyUnknown(Refusal, reason=Reason.UNKNOWN):
    """There is no such key in this tenant."""


class KeyTaken(Refusal, reason=Reason.UNTIMELY):
    """Another key was already issued under this id."""


class KeyHolderMissing(Refusal, reason=Reason.MALFORMED):
    """A key for the API belongs to a person, so say to whom."""


def open_tenant(
    tenant: Tenant, *, tenant_id: TenantId, name: str, at: datetime
) -> list[TenantEvent]:
    """Open an agency's books."""
    if not TENANT_ID.fullmatch(tenant_id) or tenant_id in RESERVED:
        raise TenantIdInvalid(tenant=tenant_id)
    if isinstance(tenant, Unopened):
        return [TenantOpened(tenant=tenant_id, name=name, opened_at=at)]
    if tenant.name != name:
        raise TenantAlreadyOpen(tenant=tenant_id)
    return []


def join(
    tenant: Tenant, *, person: PersonId, name: str, roles: tuple[str, ...], at: datetime
) -> list[TenantEvent]:
    """Let someone in, or give them another name or other roles."""
    books = _open(tenant)
    if unknown := [role for role in roles if role not in set(Role)]:
        raise RoleUnknown(
            *(FieldError("/roles", f"There is no role {role!r}.") for role in unknown)
        )
    known = books.people.get(person)
    if known is not None and (known.name, known.roles) == (name, roles):
        return []
    return [PersonJoined(person=person, name=name, roles=roles, joined_at=at)]


def issue_key(
    tenant: Tenant,
    *,
    key: KeyId,
    use: KeyUse,
    person: PersonId | None,
    secret_hash: str,
    at: datetime,
) -> list[TenantEvent]:
    """Issue a key; only its hash is ever written down."""
    books = _open(tenant)
    if use == "api" and person is None:
        raise KeyHolderMissing(key=key)
    if person is not None and person not in books.people:
        raise PersonUnknown(person=person)
    issued = books.keys.get(key)
    if issued is None:
        return [KeyIssued(key=key, use=use, person=person, secret_hash=secret_hash, issued_at=at)]
    if (issued.use, issued.person, issued.secret_hash) != (use, person, secret_hash):
        raise KeyTaken(key=key)
    return []


def revoke_key(tenant: Tenant, *, key: KeyId, at: datetime) -> list[TenantEvent]:
    """Stop honouring a key, for good."""
    books = _open(tenant)
    if key not in books.keys:
        raise KeyUnknown(key=key)
    return [] if key in books.revoked else [KeyRevoked(key=key, revoked_at=at)]


def _open(tenant: Tenant) -> Open:
    if isinstance(tenant, Unopened):
        raise TenantUnknown
    return tenant
