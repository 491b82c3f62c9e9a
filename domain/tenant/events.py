"""Facts about an agency: its people and their roles, its keys, its advertisers.

Fields with a default were added after the event had shipped; they are left out where they say
nothing, so that what was recorded before is written as it was.
"""

from datetime import datetime
from typing import Literal

from domain.event import Event
from domain.identity import AdvertiserId, KeyId, PersonId, TenantId

KeyUse = Literal["api", "exchange", "site"]
WhyRevoked = Literal["asked", "expired", "holder_left"]


class TenantOpened(Event, frozen=True, kw_only=True, omit_defaults=True, tag="tenant.opened.v1"):
    tenant: TenantId
    name: str
    opened_at: datetime
    currency: str = "USD"
    time_zone: str = "UTC"


class SettingsChanged(Event, frozen=True, kw_only=True, tag="tenant.settings_changed.v1"):
    """What advertisers get that name no currency (ISO 4217) or time zone (IANA) of their own."""

    name: str
    currency: str
    time_zone: str
    changed_at: datetime


class PersonJoined(
    Event, frozen=True, kw_only=True, omit_defaults=True, tag="tenant.person_joined.v1"
):
    """Someone belongs here; joining again replaces their name, mail address and roles.

    With a `ref`, name and mail address are sealed for the subject of that reference.
    """

    person: PersonId
    name: str
    roles: tuple[str, ...]
    joined_at: datetime
    email: str | None = None
    ref: str | None = None


class PersonLeft(Event, frozen=True, kw_only=True, tag="tenant.person_left.v1"):
    person: PersonId
    left_at: datetime


class RoleDefined(Event, frozen=True, kw_only=True, tag="tenant.role_defined.v1"):
    """A role of the tenant's own gives these permissions, to whoever holds it already too."""

    role: str
    permissions: tuple[str, ...]
    defined_at: datetime


class RoleRemoved(Event, frozen=True, kw_only=True, tag="tenant.role_removed.v1"):
    role: str
    removed_at: datetime


class KeyIssued(Event, frozen=True, kw_only=True, omit_defaults=True, tag="tenant.key_issued.v1"):
    """A key opens something from now on.

    `scopes` are the permissions it may use of its holder's, None for all; `rate_per_minute` is
    None for whatever the installation allows; `prefix` is the part of its text that is shown.
    """

    key: KeyId
    use: KeyUse
    person: PersonId | None = None
    secret_hash: str  # hex SHA-256 of the whole key text; the text itself is never kept
    issued_at: datetime
    label: str = ""
    prefix: str = ""
    scopes: tuple[str, ...] | None = None
    expires_at: datetime | None = None
    rate_per_minute: int | None = None
    replaces: KeyId | None = None


class KeyExpirySet(Event, frozen=True, kw_only=True, tag="tenant.key_expiry_set.v1"):
    """A key was replaced, and opens what it opened until then."""

    key: KeyId
    expires_at: datetime
    set_at: datetime


class KeyRevoked(Event, frozen=True, kw_only=True, omit_defaults=True, tag="tenant.key_revoked.v1"):
    key: KeyId
    revoked_at: datetime
    why: WhyRevoked = "asked"


class AdvertiserAdded(Event, frozen=True, kw_only=True, tag="tenant.advertiser_added.v1"):
    """A client of the agency; its budgets are in this currency and its days in this zone."""

    advertiser: AdvertiserId
    name: str
    currency: str
    time_zone: str
    added_at: datetime


class AdvertiserChanged(Event, frozen=True, kw_only=True, tag="tenant.advertiser_changed.v1"):
    advertiser: AdvertiserId
    name: str
    currency: str
    time_zone: str
    changed_at: datetime


TenantEvent = (
    TenantOpened
    | SettingsChanged
    | PersonJoined
    | PersonLeft
    | RoleDefined
    | RoleRemoved
    | KeyIssued
    | KeyExpirySet
    | KeyRevoked
    | AdvertiserAdded
    | AdvertiserChanged
)
