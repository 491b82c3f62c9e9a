"""Campaigns as they stand: one, a list by stage, those that wait for me, those of a period."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency as Given
from litestar.exceptions import ValidationException
from litestar.params import FromPath, FromQuery, QueryParameter

from domain.identity import TenantId
from domain.tenant.permissions import Permission
from domain.tenant.roles import APPROVING
from projections.access import Holder
from projections.campaign_board import Card
from projections.views import BadCursor, CampaignBoard, Page, Positions
from read_api.parameters import (
    LIMIT_DEFAULT,
    Cursor,
    Limit,
    Listed,
    Token,
    bad_cursor,
    caught_up,
    gathered,
    no_campaign,
)

VIEW = "campaign_board"
Stage = Literal[
    "draft", "in_review", "approved", "rejected", "scheduled", "live", "paused", "completed",
    "archived",
]  # fmt: skip


@get(
    "/v1/campaigns/{campaign:str}", tags=["Campaigns"], opt={"permission": Permission.CAMPAIGN_READ}
)
async def campaign_card(
    *,
    request: Request[object, object, State],
    campaign: FromPath[str],
    caller: Given[Holder],
    board: Given[CampaignBoard],
    positions: Given[Positions],
    token: Token = None,
) -> Response[Card]:
    """Read a campaign: its ETag is what an edit sends back as If-Match."""
    headers = await caught_up(positions, VIEW, token)
    if (card := await board.card(TenantId(caller.tenant), campaign)) is None:
        raise no_campaign()
    headers["ETag"] = f'"{card.version}"'
    if headers["ETag"] in _tags(request.headers.get("if-none-match", "")):
        return Response(None, status_code=304, headers=headers)  # type: ignore[arg-type]
    return Response(card, headers=headers)


@get("/v1/campaigns", tags=["Campaigns"], opt={"permission": Permission.CAMPAIGN_READ})
async def campaign_list(
    *,
    caller: Given[Holder],
    board: Given[CampaignBoard],
    positions: Given[Positions],
    stage: FromQuery[Stage | None] = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
    token: Token = None,
) -> Response[Listed[Card]]:
    """List campaigns, newest first."""
    headers = await caught_up(positions, VIEW, token)
    try:
        page = await board.cards(TenantId(caller.tenant), stage=stage, limit=limit, cursor=cursor)
    except BadCursor:
        raise bad_cursor() from None
    return Response(Listed([*page.cards], page.next), headers=headers)


@get("/v1/approvals", tags=["Workflow"], opt={"permission": Permission.CAMPAIGN_READ})
async def approvals(
    *,
    caller: Given[Holder],
    board: Given[CampaignBoard],
    positions: Given[Positions],
    approver: FromQuery[Literal["me"]],
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
    token: Token = None,
) -> Response[Listed[Card]]:
    """List the campaigns in review that the caller may approve, newest first."""
    del approver  # Only the caller's own roles are known here, so `me` is all one can ask.
    headers = await caught_up(positions, VIEW, token)
    page = await _filtered(
        board,
        caller,
        "in_review",
        lambda card: may_approve(caller, card),
        limit=limit,
        cursor=cursor,
    )
    return Response(Listed([*page.cards], page.next), headers=headers)


@get("/v1/calendar", tags=["Campaigns"], opt={"permission": Permission.CAMPAIGN_READ})
async def calendar(
    *,
    caller: Given[Holder],
    board: Given[CampaignBoard],
    positions: Given[Positions],
    first: Annotated[date, QueryParameter(name="from", description="First UTC day")],
    last: Annotated[date, QueryParameter(name="to", description="Last UTC day")],
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
    token: Token = None,
) -> Response[Listed[Card]]:
    """List the campaigns whose flight touches the days `from` to `to`, both included."""
    if last < first:
        message = "must not be before `from`"
        raise ValidationException(extra=[{"key": "to", "message": message}])
    headers = await caught_up(positions, VIEW, token)
    opening = datetime.combine(first, time.min, UTC)
    closing = datetime.combine(last, time.min, UTC) + timedelta(days=1)
    page = await _filtered(
        board, caller, None, lambda card: flies(card, opening, closing), limit=limit, cursor=cursor
    )
    return Response(Listed([*page.cards], page.next), headers=headers)


def may_approve(caller: Holder, card: Card) -> bool:
    """Approvers hold an approving role and neither wrote nor last edited the campaign."""
    approves = any(role in caller.roles for role in APPROVING)
    return approves and caller.person not in (card.author, card.last_editor)


def flies(card: Card, opening: datetime, closing: datetime) -> bool:
    """Tell whether the flight touches the period; open on the side that has no date."""
    if card.starts_at is None and card.ends_at is None:
        return False
    starts, ends = card.starts_at or opening, card.ends_at or closing
    return starts < closing and ends > opening


async def _filtered(
    board: CampaignBoard,
    caller: Holder,
    stage: str | None,
    wanted: Callable[[Card], bool],
    *,
    limit: int,
    cursor: str | None,
) -> Page:
    async def page(cursor: str | None, limit: int) -> Page:
        tenant = TenantId(caller.tenant)
        return await board.cards(tenant, stage=stage, limit=limit, cursor=cursor)

    try:
        return await gathered(page, wanted, limit=limit, cursor=cursor)
    except BadCursor:
        raise bad_cursor() from None


def _tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}
