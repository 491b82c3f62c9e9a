"""Whose key this is."""

from datetime import datetime

import msgspec
from litestar import get
from litestar.di import NamedDependency as Given

from domain.tenant.permissions import SIGNED_IN
from projections.access import Holder


class Self(msgspec.Struct, frozen=True, kw_only=True):
    """`permissions` are what the roles give, narrowed by the key's `scopes` (null: not at all)."""

    tenant: str
    person: str | None
    roles: tuple[str, ...]
    permissions: list[str]
    key: str
    scopes: tuple[str, ...] | None
    expires_at: datetime | None
    rate_per_minute: int | None


@get("/v1/whoami", tags=["Keys"], opt={"permission": SIGNED_IN})
async def whoami(caller: Given[Holder]) -> Self:
    """Say who the caller is, which roles they hold and what they may do with this key."""
    return Self(
        tenant=caller.tenant,
        person=caller.person,
        roles=caller.roles,
        permissions=sorted(caller.permissions),
        key=caller.key,
        scopes=caller.scopes,
        expires_at=caller.expires_at,
        rate_per_minute=caller.rate,
    )
