"""A tenant: an agency with its people and their roles, its keys and its advertisers."""

from domain.tenant.events import TenantEvent
from domain.tenant.state import (
    UNOPENED,
    Advertiser,
    Key,
    Open,
    OwnRole,
    Person,
    Tenant,
    Unopened,
    evolve,
)

__all__ = [
    "UNOPENED",
    "Advertiser",
    "Key",
    "Open",
    "OwnRole",
    "Person",
    "Tenant",
    "TenantEvent",
    "Unopened",
    "evolve",
]
