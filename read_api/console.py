"""The console's pages: the board with live figures, a campaign with its history."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.datastructures import State
from litestar.di import NamedDependency as Given
from litestar.handlers import get
from litestar.params import FromPath, QueryParameter

from domain.identity import TenantId
from domain.refusal import Refusal
from domain.tenant.permissions import Permission
from projections.access import Holder
from projections.campaign_board import Card
from projections.metrics import Metrics, MetricsUnreachable
from projections.views import PAGE_MAX, Budgets, CampaignBoard, Positions, Transitions
from read_api.budgets import planned, report
from read_api.figures import TodaysFigures, bars
from read_api.metrics import shown
from read_api.pages import page
from read_api.parameters import WAIT_S
from read_api.ports import AuditTrail, Clock
from read_api.steps import STAGES, offered, vouchable

EVENTS_SHOWN = 200
VIEWS = ("campaign_board", "transitions")
Position = Annotated[int | None, QueryParameter(ge=0)]
AnyRequest = Request[Any, Any, State]


@get("/", include_in_schema=False, opt={"permission": Permission.CAMPAIGN_READ, "page": True})
async def board_page(
    *,
    caller: Given[Holder],
    board: Given[CampaignBoard],
    positions: Given[Positions],
    figures: Given[TodaysFigures],
    clock: Given[Clock],
) -> Response[str]:
    """Show every campaign in the column of its stage, and today's figures."""
    tenant = TenantId(caller.tenant)
    position = await positions.of("campaign_board")
    columns = {stage: await board.cards(tenant, stage=stage, limit=PAGE_MAX) for stage in STAGES}
    return page(
        "board.html",
        caller=caller,
        columns=columns,
        position=position,
        figures=await figures.of(tenant, clock.now().date()),
    )


@get(
    "/campaigns/{campaign:str}",
    include_in_schema=False,
    opt={"permission": Permission.CAMPAIGN_READ, "page": True},
)
async def campaign_page(
    *,
    campaign: FromPath[str],
    caller: Given[Holder],
    board: Given[CampaignBoard],
    transitions: Given[Transitions],
    budgets: Given[Budgets],
    metrics: Given[Metrics],
    positions: Given[Positions],
    trail: Given[AuditTrail],
    clock: Given[Clock],
    position: Position = None,
    refused: Annotated[str | None, QueryParameter(max_length=64)] = None,
) -> Response[str]:
    """Show a campaign: what it says, what it spent, how it came here, what may come next."""
    if position is not None:
        for view in VIEWS:
            await positions.wait(view, position, WAIT_S)
    tenant = TenantId(caller.tenant)
    if (card := await board.card(tenant, campaign)) is None:
        return page("missing.html", status=404, caller=caller)
    return page(
        "campaign.html",
        caller=caller,
        card=card,
        steps=offered(caller, card),
        vouchable=vouchable(caller, card),
        refusal=sentence(refused),
        money_report=await _money(tenant, card, budgets, metrics, clock),
        bidding=await _bidding(tenant, card, metrics, clock),
        transitions=await transitions.of(tenant, campaign),
        events=[
            (event, msgspec.json.format(event.data).decode())
            for event in await trail.events(
                tenant, f"campaign-{campaign}", after=0, limit=EVENTS_SHOWN
            )
        ],
    )


def sentence(code: str | None) -> str | None:
    """Return what a refusal's code says to people; only sentences of our own are ever shown."""
    if code is None:
        return None
    refusal = Refusal.registry.get(code)
    return (refusal.__doc__ if refusal else None) or "This was not possible."


async def _money(
    tenant: TenantId, card: Card, budgets: Budgets, metrics: Metrics, clock: Clock
) -> Any:  # noqa: ANN401 - the template's own
    budget = await budgets.of(tenant, card.id) or planned(card)
    try:
        outcomes = await metrics.outcomes(tenant, card.id)
    except MetricsUnreachable:
        return None
    return report(budget, card, outcomes, at=clock.now())


async def _bidding(tenant: TenantId, card: Card, metrics: Metrics, clock: Clock) -> Any:  # noqa: ANN401 - the template's own
    today = clock.now().date()
    try:
        counted = await metrics.bidding(tenant, today, today, card.id)
    except MetricsUnreachable:
        return None
    return shown(counted), bars(counted.funnel)
