"""Money that the campaigns of an advertiser share: how much there is, and what was spent of it."""

from datetime import date, datetime

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency as Given
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from domain.budget.days import day_of
from domain.budget.holds import held
from domain.identity import TenantId
from domain.money import Money
from domain.tenant.permissions import Permission
from projections.access import Holder
from projections.budgets import Alert
from projections.shared_budgets import SharedBudgetCard, SharedBudgets
from projections.views import BadCursor, Positions
from read_api.parameters import (
    LIMIT_DEFAULT,
    Cursor,
    Limit,
    Listed,
    Token,
    bad_cursor,
    caught_up,
)
from read_api.ports import Clock

VIEW = "shared_budgets"
TAGS = ["Budgets"]


class SharedBudgetShown(msgspec.Struct, frozen=True, kw_only=True):
    """A shared budget now: `spent_today` is of the day `today` in `time_zone`.

    `reserved` is set aside for reservations of the campaigns and not spent. While `exhausted`,
    or once the day's share is spent, none of the campaigns may bid.
    """

    id: str
    advertiser: str
    total: Money
    daily: Money | None
    time_zone: str
    campaigns: tuple[str, ...]
    spent_total: Money
    spent_today: Money
    today: date
    reserved: Money
    exhausted: bool
    alerts: tuple[Alert, ...]
    version: int
    position: int


@get("/v1/shared-budgets", tags=TAGS, opt={"permission": Permission.BILLING_READ})
async def shared_budget_list(
    *,
    caller: Given[Holder],
    shared_budgets: Given[SharedBudgets],
    positions: Given[Positions],
    clock: Given[Clock],
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
    token: Token = None,
) -> Response[Listed[SharedBudgetShown]]:
    """List the shared budgets, newest first."""
    headers = await caught_up(positions, VIEW, token)
    tenant, at = TenantId(caller.tenant), clock.now()
    try:
        cards, following = await shared_budgets.listed(tenant, limit=limit, cursor=cursor)
    except BadCursor:
        raise bad_cursor() from None
    return Response(Listed([shown(card, at=at) for card in cards], following), headers=headers)


@get(
    "/v1/shared-budgets/{shared_budget:str}",
    tags=TAGS,
    opt={"permission": Permission.BILLING_READ},
)
async def shared_budget_card(
    *,
    shared_budget: FromPath[str],
    caller: Given[Holder],
    shared_budgets: Given[SharedBudgets],
    positions: Given[Positions],
    clock: Given[Clock],
    token: Token = None,
) -> Response[SharedBudgetShown]:
    """Read a shared budget; the ETag is what an edit sends as If-Match."""
    headers = await caught_up(positions, VIEW, token)
    card = await shared_budgets.of(TenantId(caller.tenant), shared_budget)
    if card is None:
        raise NotFoundException(
            detail="There is no such shared budget.", extra={"code": "shared_budget_unknown"}
        )
    headers["ETag"] = f'"{card.version}"'
    return Response(shown(card, at=clock.now()), headers=headers)


def shown(card: SharedBudgetCard, *, at: datetime) -> SharedBudgetShown:
    """Return the shared budget in the words of the API, as of `at`."""
    standing = card.standing
    currency, today = standing.total.currency, day_of(at, standing.time_zone)
    return SharedBudgetShown(
        id=standing.shared_budget,
        advertiser=standing.advertiser,
        total=standing.total,
        daily=standing.daily,
        time_zone=standing.time_zone,
        campaigns=tuple(sorted(standing.counted)),
        spent_total=Money(micros=standing.spent_micros, currency=currency),
        spent_today=Money(micros=standing.days.get(today, 0), currency=currency),
        today=today,
        reserved=Money(micros=held(standing.holds.values()), currency=currency),
        exhausted=standing.exhausted,
        alerts=card.alerts,
        version=card.version,
        position=card.position,
    )
