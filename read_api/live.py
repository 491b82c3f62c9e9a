"""The console's live stream (server-sent events): cards as they move, figures as they grow.

Each message's id is a position of the log. A browser that comes back sends the last one it
saw, and is told every card that moved since.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency as Given
from litestar.handlers import get
from litestar.params import QueryParameter
from litestar.response import Stream

from domain.identity import TenantId
from domain.tenant.permissions import Permission
from projections.access import Holder
from projections.campaign_board import Card
from projections.views import PAGE_MAX, CampaignBoard, Positions
from read_api.figures import TodaysFigures
from read_api.pages import money
from read_api.ports import Clock

VIEW = "campaign_board"
PACE_S = 0.25  # a busy log moves the position all the time; eyes need no more
BEAT_S = 1.0
SESSION_S = 300.0  # then the browser comes back by itself, with a key that may be revoked by now
RETRY_MS = 1_000
CARDS_MAX = 1_000


class Moved(msgspec.Struct, frozen=True):
    """A card as the board shows it."""

    id: str
    name: str
    advertiser: str
    stage: str
    budget: str
    version: int


@get("/live", include_in_schema=False, opt={"permission": Permission.CAMPAIGN_READ})
async def live(
    *,
    request: Request[Any, Any, State],
    caller: Given[Holder],
    board: Given[CampaignBoard],
    positions: Given[Positions],
    figures: Given[TodaysFigures],
    clock: Given[Clock],
    after: Annotated[int | None, QueryParameter(ge=0)] = None,
) -> Stream:
    """Stream what changes for the caller's tenant, from `Last-Event-ID` or `after` on."""
    last = request.headers.get("last-event-id", "")
    since = int(last) if last.isascii() and last.isdigit() else after
    tenant = TenantId(caller.tenant)
    messages = _messages(
        tenant, since, board=board, positions=positions, figures=figures, clock=clock
    )
    return Stream(
        messages,
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _messages(
    tenant: TenantId,
    since: int | None,
    *,
    board: CampaignBoard,
    positions: Positions,
    figures: TodaysFigures,
    clock: Clock,
) -> AsyncIterator[bytes]:
    yield f"retry: {RETRY_MS}\n\n".encode()
    position = await positions.of(VIEW)
    since = position if since is None else since
    told: object = None
    ends = asyncio.get_running_loop().time() + SESSION_S
    while asyncio.get_running_loop().time() < ends:
        if position > since:
            for card in await _moved_since(board, tenant, since):
                yield message("card", card.position, moved(card))
            since = position
        today = await figures.of(tenant, clock.now().date())
        if today is told:
            yield b": still here\n\n"
        else:
            told = today
            yield message("figures", position, today)
        await asyncio.gather(positions.wait(VIEW, position + 1, BEAT_S), asyncio.sleep(PACE_S))
        position = await positions.of(VIEW)


def message(event: str, position: int, content: msgspec.Struct) -> bytes:
    """Return one server-sent event; JSON holds no line breaks, so one data line is enough."""
    data = msgspec.json.encode(content)
    return b"event: %b\nid: %d\ndata: %b\n\n" % (event.encode(), position, data)


def moved(card: Card) -> Moved:
    return Moved(
        card.id, card.name, card.advertiser, card.stage, money(card.budget.total), card.version
    )


async def _moved_since(board: CampaignBoard, tenant: TenantId, since: int) -> list[Card]:
    """Return the cards changed after `since`, in the order of their changes."""
    found: list[Card] = []
    cursor, looked = None, 0
    while looked < CARDS_MAX:
        cards, cursor = await board.cards(tenant, limit=PAGE_MAX, cursor=cursor)
        looked += len(cards)
        found += [card for card in cards if card.position > since]
        if cursor is None:
            break
    return sorted(found, key=lambda card: card.position)
