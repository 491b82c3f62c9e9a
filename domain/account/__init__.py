"""An account: how one person of a tenant proves who they are."""

from domain.account.events import AccountEvent
from domain.account.state import FRESH, Account, Invitation, SealedPassword, evolve

__all__ = ["FRESH", "Account", "AccountEvent", "Invitation", "SealedPassword", "evolve"]
