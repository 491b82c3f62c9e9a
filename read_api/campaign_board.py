"""Campaigns as they stand: one, and a list by stage."""

from typing import Literal

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, FromQuery

from domain.identity import TenantId
from domain.tenant.permissions import Permission
from projections.access import Holder
from projections.campaign_board import Card
from projections.views import BadCursor, CampaignBoard, Positions
from read_api.parameters import (
    LIMIT_DEFAULT,
    Cursor,
    Limit,
    Listed,
    Token,
    bad_cursor,
    caught_up,
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


def _tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}
