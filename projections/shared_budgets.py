"""What the campaigns of an advertiser may spend together, and did spend."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import msgspec

from domain.envelope import Recorded
from domain.identity import TenantId
from domain.shared_budget import UNSET, SharedBudgetEvent, Standing, evolve
from domain.shared_budget.events import (
    SharedBudgetExhausted,
    SharedBudgetNearingLimit,
    SharedBudgetReplenished,
    SharedBudgetSet,
    SharedDailyOverspent,
)
from projections.budgets import ALERTS_KEPT, Alert
from projections.paging import newest_first
from projections.ports import ViewReader
from projections.projection import Place, Projection

ALARMS = (
    SharedBudgetNearingLimit
    | SharedBudgetExhausted
    | SharedBudgetReplenished
    | SharedDailyOverspent
)
KINDS: dict[type[ALARMS], str] = {
    SharedBudgetNearingLimit: "nearing_limit",
    SharedBudgetExhausted: "exhausted",
    SharedBudgetReplenished: "replenished",
    SharedDailyOverspent: "daily_overspent",
}


class SharedBudgetCard(msgspec.Struct, frozen=True, kw_only=True):
    """A shared budget as it stands; `created` is the log's position of its first event."""

    standing: Standing
    alerts: tuple[Alert, ...] = ()
    version: int
    position: int
    created: int


def fold(
    card: SharedBudgetCard | None, event: SharedBudgetEvent, recorded: Recorded
) -> SharedBudgetCard | None:
    """Return the shared budget after one more event; what was never set is nothing."""
    if card is None and not isinstance(event, SharedBudgetSet):
        return None
    standing = evolve(card.standing if card else UNSET, event)
    if not isinstance(standing, Standing):
        return None
    alerts = card.alerts if card else ()
    if isinstance(event, ALARMS):
        alerts = (*alerts, _alert(event))[-ALERTS_KEPT:]
    return SharedBudgetCard(
        standing=standing,
        alerts=alerts,
        version=recorded.version,
        position=recorded.position,
        created=card.created if card else recorded.position,
    )


@runtime_checkable
class SharedBudgets(Protocol):
    """The shared budgets of a tenant."""

    async def of(self, tenant: TenantId, shared_budget: str) -> SharedBudgetCard | None: ...

    async def listed(
        self, tenant: TenantId, *, limit: int, cursor: str | None
    ) -> tuple[Sequence[SharedBudgetCard], str | None]:
        """Return the newest first, and the next cursor; raises `BadCursor`."""


class StoredSharedBudgets:
    """Satisfies `SharedBudgets`."""

    def __init__(self, reader: ViewReader) -> None:
        self._reader = reader

    async def of(self, tenant: TenantId, shared_budget: str) -> SharedBudgetCard | None:
        """Return one of them, None when the tenant has none of that id."""
        row = await self._reader.row("shared_budgets", tenant, shared_budget)
        return None if row is None else _card.decode(row)

    async def listed(
        self, tenant: TenantId, *, limit: int, cursor: str | None
    ) -> tuple[Sequence[SharedBudgetCard], str | None]:
        """Return up to `limit` (at most `PAGE_MAX`), newest first."""
        return await newest_first(
            self._reader, "shared_budgets", tenant, _card, limit=limit, cursor=cursor
        )


def _alert(event: ALARMS) -> Alert:
    return Alert(
        kind=KINDS[type(event)],
        at=event.at,
        spent=event.spent,
        limit=event.limit,
        on=event.on if isinstance(event, SharedDailyOverspent) else None,
    )


_card = msgspec.json.Decoder(SharedBudgetCard)

SHARED_BUDGETS = Projection(
    name="shared_budgets",
    events=SharedBudgetEvent,
    memory=SharedBudgetCard,
    fold=fold,
    place=lambda card: Place("all", card.created),
)
