"""The roles people hold in a tenant, and what holding one allows."""

from enum import StrEnum

import msgspec

from domain.identity import PersonId


class Role(StrEnum):
    """A role as it is written in events and keys."""

    ADMIN = "admin"
    MARKETER = "marketer"
    MANAGER = "manager"
    DIRECTOR = "director"
    COMPLIANCE = "compliance"


AUTHORING = (Role.MARKETER, Role.ADMIN)
APPROVING = (Role.MANAGER, Role.DIRECTOR, Role.COMPLIANCE)
ANY_ROLE = AUTHORING + APPROVING


class Actor(msgspec.Struct, frozen=True):
    """Whoever asks, with the roles they hold at that moment and what those allow.

    `permissions` were narrowed by a key's scopes and widened by custom roles at the edge.
    """

    person: PersonId
    roles: tuple[str, ...] = ()
    permissions: frozenset[str] = frozenset()

    def acting_as(self, allowed: tuple[Role, ...]) -> Role | None:
        """Return the first of the allowed roles this person holds."""
        held = self.roles
        for role in allowed:
            if role in held:
                return role
        return None
