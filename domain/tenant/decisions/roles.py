"""Roles of a tenant's own, beside the built-in ones."""

import re
from datetime import datetime

from domain.tenant.decisions.authority import permissions_named, require_all
from domain.tenant.decisions.books import books_of
from domain.tenant.events import RoleDefined, RoleRemoved, TenantEvent
from domain.tenant.refusals import NoSuchRole, RoleBuiltIn, RoleInUse, RoleNameInvalid
from domain.tenant.roles import Actor, Role
from domain.tenant.state import Tenant

ROLE_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


def define_role(
    tenant: Tenant, *, role: str, permissions: tuple[str, ...], by: Actor, at: datetime
) -> list[TenantEvent]:
    """Say what a role gives; whoever holds it has that at once."""
    books = books_of(tenant)
    if role in set(Role):
        raise RoleBuiltIn(role=role)
    if not ROLE_NAME.fullmatch(role):
        raise RoleNameInvalid(role=role)
    wanted = permissions_named(permissions, field="/permissions")
    before = books.roles.get(role)
    if before is not None and before.permissions == wanted:
        return []
    require_all(set(wanted) - books.gives(role), by=by)
    return [RoleDefined(role=role, permissions=wanted, defined_at=at)]


def remove_role(tenant: Tenant, *, role: str, at: datetime) -> list[TenantEvent]:
    """Take a role away that nobody holds any more."""
    books = books_of(tenant)
    if role in set(Role):
        raise RoleBuiltIn(role=role)
    if role not in books.roles:
        raise NoSuchRole(role=role)
    if any(role in person.roles for person in books.people.values()):
        raise RoleInUse(role=role)
    return [RoleRemoved(role=role, removed_at=at)]
