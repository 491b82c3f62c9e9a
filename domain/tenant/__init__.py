"""A tenant: an agency with its people and keys."""

from domain.tenant.events import TenantEvent
from domain.tenant.state import UNOPENED, Open, Tenant, Unopened, evolve

__all__ = ["UNOPENED", "Open", "Tenant", "TenantEvent", "Unopened", "evolve"]
