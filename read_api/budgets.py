"""What a campaign may spend, did spend, and what came of it."""

from datetime import datetime
from fractions import Fraction

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency as Given
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from domain.budget.amounts import SignedMoney
from domain.budget.days import day_of
from domain.budget.pacing import Curve, Flight, share_due
from domain.identity import TenantId
from domain.money import Money
from domain.tenant.permissions import Permission
from projections.access import Holder
from projections.budgets import Alert, Budget, Halt, Reservation
from projections.campaign_board import Card
from projections.metrics import Metrics, Outcomes
from projections.views import Budgets, CampaignBoard, Positions
from read_api.parameters import Listed, Token, caught_up, no_campaign
from read_api.ports import Clock

IMPRESSIONS_PER_MILLE = 1000
PERCENT = 100
VIEW = "budgets"


class BudgetReport(msgspec.Struct, frozen=True, kw_only=True):
    """Money is in `currency`; what cannot be divided, because it would be by nothing, is null.

    `spent_total` is what was billed or committed, less `refunds` and with `corrections`;
    `spent_today` is of the day in `time_zone`. `reserved` is set aside and not spent.
    `expected` is what the `pacing_curve` would have spent by now, null without a flight or
    before it; `pacing` is spend over that: 1.0 is on plan (BO-007).
    `roas` is revenue over spend, `roi` profit over spend in percent (BRD FR-RPT-010), both null
    before anything is spent; `cpa` is spend a deposit, `cpc` a click, `cpm` a thousand
    impressions, each null until there is one. `halts` are the shared budgets that keep the
    campaign from bidding now. `version` is 0 until the allocation is recorded.
    """

    campaign: str
    currency: str
    time_zone: str
    total: Money
    daily: Money | None
    spent_total: Money
    spent_today: Money
    reserved: Money
    refunds: Money
    corrections: SignedMoney
    pacing_curve: Curve
    expected: Money | None
    pacing: float | None
    alerts: tuple[Alert, ...]
    shared_budgets: tuple[str, ...]
    halts: tuple[Halt, ...]
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
    """Read a campaign's money: allowed, spent, on pace or not, and what it earned.

    The ETag is what setting the pacing curve sends as If-Match.
    """
    headers = await caught_up(positions, VIEW, token)
    tenant = TenantId(caller.tenant)
    if (card := await board.card(tenant, campaign)) is None:
        raise no_campaign()
    budget = await budgets.of(tenant, campaign) or planned(card)
    outcomes = await metrics.outcomes(tenant, campaign)
    headers["ETag"] = f'"{budget.version}"'
    return Response(report(budget, card, outcomes, at=clock.now()), headers=headers)


@get(
    "/v1/budgets/{campaign:str}/reservations",
    tags=["Budgets"],
    opt={"permission": Permission.BILLING_READ},
)
async def reservation_list(
    *,
    campaign: FromPath[str],
    caller: Given[Holder],
    budgets: Given[Budgets],
    positions: Given[Positions],
    token: Token = None,
) -> Response[Listed[Reservation]]:
    """List the reservations that are open, the oldest first; there are never many at once."""
    headers = await caught_up(positions, VIEW, token)
    if (budget := await budgets.of(TenantId(caller.tenant), campaign)) is None:
        raise no_budget()
    return Response(Listed([*budget.reservations], None), headers=headers)


@get(
    "/v1/budgets/{campaign:str}/reservations/{reservation:str}",
    tags=["Budgets"],
    opt={"permission": Permission.BILLING_READ},
)
async def reservation_card(
    *,
    campaign: FromPath[str],
    reservation: FromPath[str],
    caller: Given[Holder],
    budgets: Given[Budgets],
    positions: Given[Positions],
    token: Token = None,
) -> Response[Reservation]:
    """Read an open reservation; one that ended is not found any more."""
    headers = await caught_up(positions, VIEW, token)
    budget = await budgets.of(TenantId(caller.tenant), campaign)
    for held in budget.reservations if budget else ():
        if held.reservation == reservation:
            return Response(held, headers=headers)
    raise NotFoundException(
        detail="No such reservation is open.", extra={"code": "reservation_unknown"}
    )


def report(budget: Budget, card: Card, outcomes: Outcomes, *, at: datetime) -> BudgetReport:
    """Return the whole report as of `at`."""
    spent, revenue = budget.spent_total.micros, outcomes.revenue_micros.get(budget.currency, 0)
    today = budget.spent_on == day_of(at, budget.time_zone)
    expected = expected_micros(budget, card, at=at)
    return BudgetReport(
        campaign=budget.campaign,
        currency=budget.currency,
        time_zone=budget.time_zone,
        total=budget.total,
        daily=budget.daily,
        spent_total=budget.spent_total,
        spent_today=budget.spent_today if today else _money(budget, 0),
        reserved=_money(budget, budget.reserved_micros),
        refunds=_money(budget, budget.refunded_micros),
        corrections=SignedMoney(micros=budget.corrected_micros, currency=budget.currency),
        pacing_curve=budget.curve,
        expected=None if expected is None else _money(budget, round(expected)),
        pacing=_ratio(spent, expected),
        alerts=budget.alerts,
        shared_budgets=budget.shared,
        halts=tuple(halt for halt in budget.halts if halt.until is None or halt.until > at),
        impressions=budget.impressions,
        clicks=outcomes.clicks,
        registrations=outcomes.registrations,
        conversions=outcomes.conversions,
        revenue=_money(budget, revenue),
        roas=_ratio(revenue, spent),
        roi=_ratio((revenue - spent) * PERCENT, spent),
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


def expected_micros(budget: Budget, card: Card, *, at: datetime) -> Fraction | None:
    """Return what the curve would have spent by `at`; None without a flight or before it."""
    flight = budget.flight
    if flight is None:  # It was allocated before budgets knew flights, or is still to be.
        if card.starts_at is None or card.ends_at is None:
            return None
        flight = Flight(starts_at=card.starts_at, ends_at=card.ends_at, time_zone=budget.time_zone)
    due = share_due(budget.curve, flight, at)
    return None if due is None else due * budget.total.micros


def no_budget() -> NotFoundException:
    return NotFoundException(
        detail="No budget was ever allocated to this campaign.", extra={"code": "budget_unknown"}
    )


def _ratio(part: int, whole: Fraction | int | None) -> float | None:
    """Return the nearest float of an exact ratio; None over nothing."""
    return float(Fraction(part) / whole) if whole else None


def _each(budget: Budget, count: int, *, apiece: int = 1) -> Money | None:
    """Return the spend per `apiece` of `count`, rounded half to even; None over nothing."""
    if not count:
        return None
    return _money(budget, round(Fraction(budget.spent_total.micros * apiece, count)))


def _money(budget: Budget, micros: int) -> Money:
    return Money(micros=micros, currency=budget.currency)
