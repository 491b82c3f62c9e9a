"""What the read side may ask of the read models."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from domain.identity import TenantId
from projections.access import Holder
from projections.budgets import Budget
from projections.campaign_board import Card
from projections.transitions import Transition

PAGE_MAX = 200


class BadCursor(ValueError):
    """The cursor is not one that a list gave out."""


class Page(NamedTuple):
    """A part of a list; `next` asks for the part after it, None at the end."""

    cards: list[Card]
    next: str | None


@runtime_checkable
class CampaignBoard(Protocol):
    """The campaigns of a tenant, each a card in the column of its stage."""

    async def card(self, tenant: TenantId, campaign: str) -> Card | None: ...

    async def cards(
        self,
        tenant: TenantId,
        *,
        stage: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page:
        """Return the newest cards first; raises `BadCursor`."""  # fmt: skip


@runtime_checkable
class Transitions(Protocol):
    """How a campaign came to its stage."""

    async def of(self, tenant: TenantId, campaign: str) -> Sequence[Transition]:
        """Return the transitions, oldest first; none for an unknown campaign."""


@runtime_checkable
class Budgets(Protocol):
    """What campaigns may spend, did spend, and when that was worth an alert."""

    async def of(self, tenant: TenantId, campaign: str) -> Budget | None: ...


@runtime_checkable
class Access(Protocol):
    """Who holds which key."""

    async def holder(self, secret_hash: str) -> Holder | None:
        """Return who holds the key whose text has this hex SHA-256; None when revoked."""


@runtime_checkable
class Positions(Protocol):
    """How far each view has read the log; views are named as their projections."""

    async def of(self, view: str) -> int:
        """Return the position the view has reached."""

    async def wait(self, view: str, position: int, timeout_s: float) -> bool:
        """Return True as soon as the view has reached `position`, False after `timeout_s`."""
