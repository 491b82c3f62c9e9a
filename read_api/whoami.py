"""Whose key this is."""

import msgspec
from litestar import get
from litestar.di import NamedDependency as Given

from domain.tenant.permissions import SIGNED_IN
from projections.access import Holder


class Self(msgspec.Struct, frozen=True):
    tenant: str
    person: str | None
    roles: tuple[str, ...]
    key: str


@get("/v1/whoami", tags=["Keys"], opt={"permission": SIGNED_IN})
async def whoami(caller: Given[Holder]) -> Self:
    """Say who the caller is and which roles they hold."""
    return Self(caller.tenant, caller.person, caller.roles, caller.key)
