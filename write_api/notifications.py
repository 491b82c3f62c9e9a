"""Notifications over HTTP: reading one."""

from litestar import post
from litestar.params import FromPath
from litestar.types import ASGIApp

from commands.notification import ReadNotification, read_notification
from domain.tenant.permissions import Permission
from write_api.commanding import Answer, Receipt, asking, commander_of
from write_api.problems import AnyRequest


@post(
    "/v1/notifications/{notification:str}/read",
    status_code=200,
    tags=["Notifications"],
    opt={"permission": Permission.CAMPAIGN_READ, "answer": Receipt},
)
async def post_notification_read(request: AnyRequest, notification: FromPath[str]) -> ASGIApp:
    """Mark a notification as read by you; again is as good as once."""
    commander = commander_of(request)
    outcome = await read_notification(
        ReadNotification(notification=notification),
        asking=asking(request, commander.caller, None),
        desk=commander.desk,
    )
    return Answer(outcome, status=200)
