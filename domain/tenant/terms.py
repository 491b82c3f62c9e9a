"""What is agreed about a person or a key before it is recorded."""

from datetime import datetime

import msgspec

from domain.identity import PersonId
from domain.tenant.events import KeyUse


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a person by name; sealed for `ref` where there is one."""

    name: str
    email: str | None = None
    ref: str | None = None


class KeyTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a key opens, for whom, and how long; `scopes` None is all that its holder may."""

    use: KeyUse = "api"
    person: PersonId | None = None
    label: str = ""
    scopes: tuple[str, ...] | None = None
    expires_at: datetime | None = None
    rate_per_minute: int | None = None


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a key's text: the hex SHA-256 of all of it, and how it begins."""

    hash: str
    prefix: str = ""
