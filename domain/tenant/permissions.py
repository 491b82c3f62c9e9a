"""The twenty permissions over ten resource types, and who has them (BRD FR-PLT-003)."""

from collections.abc import Iterable
from enum import StrEnum

from domain.tenant.roles import Role


class Permission(StrEnum):
    """`resource:verb`, as it is written in custom roles, key scopes and tokens."""

    CAMPAIGN_READ = "campaign:read"
    CAMPAIGN_WRITE = "campaign:write"
    CAMPAIGN_APPROVE = "campaign:approve"
    CAMPAIGN_OPERATE = "campaign:operate"
    CREATIVE_READ = "creative:read"
    CREATIVE_WRITE = "creative:write"
    JOURNEY_READ = "journey:read"
    JOURNEY_WRITE = "journey:write"
    EXPERIMENT_READ = "experiment:read"
    EXPERIMENT_WRITE = "experiment:write"
    CDP_READ = "cdp:read"  # people and what is known of them: consent, loyalty, privacy requests
    CDP_WRITE = "cdp:write"
    ANALYTICS_READ = "analytics:read"
    BILLING_READ = "billing:read"  # budgets, spend and what is paid
    BILLING_WRITE = "billing:write"
    USER_READ = "user:read"  # people of the tenant, their roles and keys
    USER_WRITE = "user:write"
    TENANT_READ = "tenant:read"  # advertisers and the tenant's own rules
    TENANT_WRITE = "tenant:write"
    SYSTEM_READ = "system:read"  # the audit trail


SIGNED_IN = "signed-in"  # what a route asks for that any valid key may call: not a permission

_READING = frozenset(permission for permission in Permission if permission.endswith(":read"))
_APPROVING = _READING | {Permission.CAMPAIGN_APPROVE, Permission.CAMPAIGN_OPERATE}
_AUTHORING = _READING | {
    Permission.CAMPAIGN_WRITE,
    Permission.CAMPAIGN_OPERATE,
    Permission.CREATIVE_WRITE,
    Permission.JOURNEY_WRITE,
    Permission.EXPERIMENT_WRITE,
    Permission.CDP_WRITE,
}

GIVEN: dict[str, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.MARKETER: _AUTHORING,
    Role.MANAGER: _APPROVING | {Permission.BILLING_WRITE, Permission.CDP_WRITE},
    Role.DIRECTOR: _APPROVING | {Permission.BILLING_WRITE, Permission.TENANT_WRITE},
    Role.COMPLIANCE: _APPROVING | {Permission.CDP_WRITE, Permission.TENANT_WRITE},
}


def given_to(roles: Iterable[str]) -> frozenset[Permission]:
    """Return what these built-in roles allow together; a role not built in allows nothing here."""
    return frozenset().union(*(GIVEN.get(role, frozenset()) for role in roles))
