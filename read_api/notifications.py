"""What the caller should hear of: alerts of budgets, and whatever else was raised."""

from datetime import datetime

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency as Given

from domain.identity import TenantId
from domain.tenant.permissions import Permission
from projections.access import Holder
from projections.notifications import Notifications
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


class NotificationShown(msgspec.Struct, frozen=True, kw_only=True):
    """`about` is the stream it is about (`budget-<campaign>`); `read` is whether you have."""

    id: str
    about: str
    kind: str
    text: str
    at: datetime
    read: bool


@get(
    "/v1/notifications",
    tags=["Notifications"],
    opt={"permission": Permission.CAMPAIGN_READ},
)
async def notification_list(
    *,
    caller: Given[Holder],
    notifications: Given[Notifications],
    positions: Given[Positions],
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
    token: Token = None,
) -> Response[Listed[NotificationShown]]:
    """List what was raised in this agency, newest first."""
    headers = await caught_up(positions, "notifications", token)
    tenant = TenantId(caller.tenant)
    try:
        notices, following = await notifications.listed(tenant, limit=limit, cursor=cursor)
    except BadCursor:
        raise bad_cursor() from None
    items = [
        NotificationShown(
            id=notice.id,
            about=notice.about,
            kind=notice.kind,
            text=notice.text,
            at=notice.at,
            read=str(caller.person) in notice.readers,
        )
        for notice in notices
    ]
    return Response(Listed(items, following), headers=headers)
