"""The queries of the read side, answered from the rows a store keeps."""

from collections.abc import Sequence

import msgspec

from domain.identity import TenantId
from projections.access import ANYWHERE, Holder
from projections.budgets import Budget
from projections.campaign_board import Card
from projections.ports import ViewReader
from projections.transitions import Path, Transition
from projections.views import PAGE_MAX, BadCursor, Page

_card = msgspec.json.Decoder(Card)
_path = msgspec.json.Decoder(Path)
_budget = msgspec.json.Decoder(Budget)
_holder = msgspec.json.Decoder(Holder)


class StoredCampaignBoard:
    """Satisfies `CampaignBoard`; a cursor is the order of the last card seen."""

    def __init__(self, reader: ViewReader) -> None:
        self._reader = reader

    async def card(self, tenant: TenantId, campaign: str) -> Card | None:
        """Return the campaign, None when the tenant has none of that id."""
        row = await self._reader.row("campaign_board", tenant, campaign)
        return None if row is None else _card.decode(row)

    async def cards(
        self,
        tenant: TenantId,
        *,
        stage: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page:
        """Return up to `limit` (at most `PAGE_MAX`) cards, newest first."""
        wanted = max(1, min(limit, PAGE_MAX))
        rows = await self._reader.page(
            "campaign_board", tenant, group=stage, before=_before(cursor), limit=wanted + 1
        )
        cards = [_card.decode(row) for row in rows[:wanted]]
        return Page(cards, str(cards[-1].created) if len(rows) > wanted else None)


class StoredTransitions:
    """Satisfies `Transitions`."""

    def __init__(self, reader: ViewReader) -> None:
        self._reader = reader

    async def of(self, tenant: TenantId, campaign: str) -> Sequence[Transition]:
        """Return the transitions, oldest first."""
        row = await self._reader.row("transitions", tenant, campaign)
        return () if row is None else _path.decode(row).steps


class StoredBudgets:
    """Satisfies `Budgets`."""

    def __init__(self, reader: ViewReader) -> None:
        self._reader = reader

    async def of(self, tenant: TenantId, campaign: str) -> Budget | None:
        """Return the campaign's budget, None before its first allocation."""
        row = await self._reader.row("budgets", tenant, campaign)
        return None if row is None else _budget.decode(row)


class StoredAccess:
    """Satisfies `Access`."""

    def __init__(self, reader: ViewReader) -> None:
        self._reader = reader

    async def holder(self, secret_hash: str) -> Holder | None:
        """Return who holds the key, None when nobody does any more."""
        row = await self._reader.row("access", ANYWHERE, secret_hash)
        return None if row is None else _holder.decode(row)


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= len(str(2**63))):
        raise BadCursor(cursor)
    return int(cursor)
