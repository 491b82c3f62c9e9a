"""What a campaign may spend, did spend, and what came of it."""

from datetime import UTC, datetime
from fractions import Fraction

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath

from domain.identity import TenantId
from domain.money import Money
from domain.tenant.permissions import Permission
from projections.access import Holder
from projections.budgets import Alert, Budget
from projections.campaign_board import Card
from projections.metrics import Metrics, Outcomes
from projections.views import Budgets, CampaignBoard, Positions
from read_api.parameters import Token, caught_up, no_campaign
from read_api.ports import Clock

IMPRESSIONS_PER_MILLE = 1000
PERCENT = 100


class BudgetReport(msgspec.Struct, frozen=True, kw_only=True):
    """Money is in `currency`; what cannot be divided is null.

    `pacing` is spend over what an even flight would have spent by now: 1.0 is on plan.
    `roas` is revenue over spend, `roi` profit over spend in percent (BRD FR-RPT-010); `cpa` is
    spend a deposit, `cpc` a click, `cpm` a thousand impressions. `version` is 0 until the
    allocation is recorded.
    """

    campaign: str
    currency: str
    total: Money
    daily: Money | None
    spent_total: Money
    spent_today: Money
    pacing: float | None
    alerts: tuple[Alert, ...]
    impressions: int
    clicks: int
    registrations: int
    conversions: int
    revenue: Money
    roas: float | None
    roi: float | None
    cpa: Money | None
    cpc: Money | None
    cpm: Money | None
    version: int
    position: int


@get("/v1/budgets/{campaign:str}", tags=["Budgets"], opt={"permission": Permission.BILLING_READ})
async def budget_report(
    *,
    campaign: FromPath[str],
    caller: Given[Holder],
    budgets: Given[Budgets],
    board: Given[CampaignBoard],
    metrics: Given[Metrics],
    positions: Given[Positions],
    clock: Given[Clock],
    token: Token = None,
) -> Response[BudgetReport]:
    """Read a campaign's money: allowed, spent, on pace or not, and what it earned."""
    headers = await caught_up(positions, "budgets", token)
    tenant = TenantId(caller.tenant)
    if (card := await board.card(tenant, campaign)) is None:
        raise no_campaign()
    budget = await budgets.of(tenant, campaign) or planned(card)
    outcomes = await metrics.outcomes(tenant, campaign)
    return Response(report(budget, card, outcomes, at=clock.now()), headers=headers)


def report(budget: Budget, card: Card, outcomes: Outcomes, *, at: datetime) -> BudgetReport:
    """Return the whole report as of `at`."""
    spent, revenue = budget.spent_total.micros, outcomes.revenue_micros.get(budget.currency, 0)
    today = budget.spent_on == at.astimezone(UTC).date()
    return BudgetReport(
        campaign=budget.campaign,
        currency=budget.currency,
        total=budget.total,
        daily=budget.daily,
        spent_total=budget.spent_total,
        spent_today=budget.spent_today if today else _money(budget, 0),
        pacing=pacing(budget, card, at=at),
        alerts=budget.alerts,
        impressions=budget.impressions,
        clicks=outcomes.clicks,
        registrations=outcomes.registrations,
        conversions=outcomes.conversions,
        revenue=_money(budget, revenue),
        roas=revenue / spent if spent else None,
        roi=(revenue - spent) / spent * PERCENT if spent else None,
        cpa=_each(budget, outcomes.conversions),
        cpc=_each(budget, outcomes.clicks),
        cpm=_each(budget, budget.impressions, apiece=IMPRESSIONS_PER_MILLE),
        version=budget.version,
        position=budget.position,
    )


def planned(card: Card) -> Budget:
    """Return the budget of a campaign whose allocation is still on its way: nothing is spent."""
    nothing = Money(micros=0, currency=card.budget.total.currency)
    return Budget(
        campaign=card.id,
        currency=nothing.currency,
        total=card.budget.total,
        daily=card.budget.daily,
        spent_total=nothing,
        spent_today=nothing,
        spent_on=None,
        impressions=0,
        alerts=(),
        version=0,
        position=card.position,
    )


def pacing(budget: Budget, card: Card, *, at: datetime) -> float | None:
    """Return spend over an even flight's spend by `at`; None without a flight or before it."""
    if card.starts_at is None or card.ends_at is None or at <= card.starts_at:
        return None
    flown = (min(at, card.ends_at) - card.starts_at) / (card.ends_at - card.starts_at)
    expected = budget.total.micros * flown
    return budget.spent_total.micros / expected if expected else None


def _each(budget: Budget, count: int, *, apiece: int = 1) -> Money | None:
    """Return the spend per `apiece` of `count`, rounded half to even; None over nothing."""
    if not count:
        return None
    return _money(budget, round(Fraction(budget.spent_total.micros * apiece, count)))


def _money(budget: Budget, micros: int) -> Money:
    return Money(micros=micros, currency=budget.currency)
