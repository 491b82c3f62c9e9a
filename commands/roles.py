"""What may be asked about a tenant's own roles."""

from functools import partial

import msgspec

from commands.desk import Desk
from commands.tenant import decided
from commands.transact import Asking, Outcome
from domain.tenant import Open
from domain.tenant.decisions import define_role, remove_role


class DefineRole(msgspec.Struct, frozen=True, kw_only=True):
    role: str
    permissions: tuple[str, ...]


class RemoveRole(msgspec.Struct, frozen=True, kw_only=True):
    role: str


async def define_own_role(
    command: DefineRole, *, asking: Asking, desk: Desk, expected_version: int | None = None
) -> Outcome:
    """Say what a role gives; whoever holds it has that at once."""
    at = desk.clock.now()
    decision = partial(
        define_role, role=command.role, permissions=command.permissions, by=asking.actor, at=at
    )
    outcome = await decided(
        desk,
        decision,
        asking=asking,
        at=at,
        part=partial(_changed, command.role),
        expected_version=expected_version,
    )
    return outcome._replace(id=command.role)


async def remove_own_role(
    command: RemoveRole, *, asking: Asking, desk: Desk, expected_version: int | None = None
) -> Outcome:
    """Take a role away that nobody holds any more."""
    at = desk.clock.now()
    outcome = await decided(
        desk,
        partial(remove_role, role=command.role, at=at),
        asking=asking,
        at=at,
        part=partial(_changed, command.role),
        expected_version=expected_version,
    )
    return outcome._replace(id=command.role)


def _changed(role: str, books: Open) -> int:
    known = books.roles.get(role)
    return known.version if known else 0
