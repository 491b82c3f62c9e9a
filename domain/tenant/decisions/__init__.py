"""What may be done in a tenant, and what follows."""

from domain.tenant.decisions.advertisers import record_advertiser
from domain.tenant.decisions.books import change_settings, open_tenant
from domain.tenant.decisions.keys import expire_key, issue_key, revoke_key, rotate_key
from domain.tenant.decisions.people import change_person, join, leave
from domain.tenant.decisions.roles import define_role, remove_role

__all__ = [
    "change_person",
    "change_settings",
    "define_role",
    "expire_key",
    "issue_key",
    "join",
    "leave",
    "open_tenant",
    "record_advertiser",
    "remove_role",
    "revoke_key",
    "rotate_key",
]
