"""Facts about an agency, its people and its keys."""

from datetime import datetime
from typing import Literal

from domain.event import Event
from domain.identity import KeyId, PersonId, TenantId

KeyUse = Literal["api", "exchange", "site"]


class TenantOpened(Event, frozen=True, kw_only=True, tag="tenant.opened.v1"):
    tenant: TenantId
    name: str
    opened_at: datetime


class PersonJoined(Event, frozen=True, kw_only=True, tag="tenant.person_joined.v1"):
    """Someone belongs here; joining again replaces their name and roles."""

    person: PersonId
    name: str
    roles: tuple[str, ...]
    joined_at: datetime


class KeyIssued(Event, frozen=True, kw_only=True, tag="tenant.key_issued.v1"):
    key: KeyId
    use: KeyUse
    person: PersonId | None = None
    secret_hash: str  # hex SHA-256 of the whole key text; the text itself is never kept
    issued_at: datetime


class KeyRevoked(Event, frozen=True, kw_only=True, tag="tenant.key_revoked.v1"):
    key: KeyId
    revoked_at: datetime


TenantEvent = TenantOpened | PersonJoined | KeyIssued | KeyRevoked
