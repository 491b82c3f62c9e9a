"""The record's own aggregate: seals over everything recorded, each built on the one before."""

from domain.audit.events import AuditSealed
from domain.audit.seals import UNSEALED, Anchor, Seals, evolve, seal

__all__ = ["UNSEALED", "Anchor", "AuditSealed", "Seals", "evolve", "seal"]
