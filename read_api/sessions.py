"""Who is signed in: one's own sessions, and those of others for who may mind them."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency as Given
from litestar.exceptions import HTTPException
from litestar.params import QueryParameter

from domain.identity import PersonId, TenantId
from domain.tenant.permissions import SIGNED_IN, Permission
from projections.access import Holder
from projections.sessions import SessionCard, Sessions
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

Whose = Annotated[str | None, QueryParameter(max_length=64, description="Whose; the caller's own")]


class SessionShown(msgspec.Struct, frozen=True, kw_only=True):
    """`state` is live, expired, signed_out, asked (by someone) or reuse_detected."""

    id: str
    person: str
    state: str
    current: bool
    method: str
    provider: str | None
    use: str
    scopes: tuple[str, ...] | None
    opened_at: datetime
    refreshed_at: datetime | None
    expires_at: datetime
    ended_at: datetime | None


@get("/v1/auth/sessions", tags=["Signing in"], opt={"permission": SIGNED_IN})
async def session_list(
    *,
    caller: Given[Holder],
    sessions: Given[Sessions],
    positions: Given[Positions],
    clock: Given[Clock],
    person: Whose = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
    token: Token = None,
) -> Response[Listed[SessionShown]]:
    """List one's own sessions, newest first; those of another `person` need user:write."""
    whose = person or str(caller.person)
    if whose != caller.person and Permission.USER_WRITE not in caller.permissions:
        raise HTTPException(
            status_code=HTTPStatus.FORBIDDEN,
            detail=f"Sessions of others need the permission {Permission.USER_WRITE}.",
            extra={"code": "permission_missing"},
        )
    headers = await caught_up(positions, "sessions", token)
    try:
        cards, following = await sessions.of(
            TenantId(caller.tenant), PersonId(whose), limit=limit, cursor=cursor
        )
    except BadCursor:
        raise bad_cursor() from None
    shown = [_shown(card, caller, at=clock.now()) for card in cards]
    return Response(Listed(shown, following), headers=headers)


def _shown(card: SessionCard, caller: Holder, *, at: datetime) -> SessionShown:
    return SessionShown(
        id=card.id,
        person=card.person,
        state=card.ended or ("live" if at < card.expires_at else "expired"),
        current=caller.key == f"session:{card.id}",
        method=card.method,
        provider=card.provider,
        use=card.use,
        scopes=card.scopes,
        opened_at=card.opened_at,
        refreshed_at=card.refreshed_at,
        expires_at=card.expires_at,
        ended_at=card.ended_at,
    )
