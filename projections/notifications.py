"""What people of a tenant were told, and who has read it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

import msgspec
from msgspec.structs import replace

from domain.envelope import Recorded
from domain.identity import TenantId
from domain.notification.events import NotificationEvent, NotificationRaised, NotificationRead
from projections.paging import newest_first
from projections.ports import ViewReader
from projections.projection import Place, Projection


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notification; `created` is the log's position at which it was raised."""

    id: str
    about: str
    kind: str
    text: str
    at: datetime
    readers: tuple[str, ...] = ()
    created: int


def fold(notice: Notice | None, event: NotificationEvent, recorded: Recorded) -> Notice | None:
    """Return the notice after one more event; what was never raised is nothing."""
    match notice, event:
        case None, NotificationRaised():
            return Notice(
                id=event.notification,
                about=event.about,
                kind=event.topic,
                text=event.text,
                at=event.at,
                created=recorded.position,
            )
        case Notice(), NotificationRead(person=person) if person not in notice.readers:
            return replace(notice, readers=(*notice.readers, person))
        case _:
            return notice


@runtime_checkable
class Notifications(Protocol):
    """What a tenant's people were told."""

    async def listed(
        self, tenant: TenantId, *, limit: int, cursor: str | None
    ) -> tuple[Sequence[Notice], str | None]:
        """Return the newest first, and the next cursor; raises `BadCursor`."""


class StoredNotifications:
    """Satisfies `Notifications`."""

    def __init__(self, reader: ViewReader) -> None:
        self._reader = reader

    async def listed(
        self, tenant: TenantId, *, limit: int, cursor: str | None
    ) -> tuple[Sequence[Notice], str | None]:
        """Return up to `limit` notices, newest first."""
        return await newest_first(
            self._reader, "notifications", tenant, _notice, limit=limit, cursor=cursor
        )


_notice = msgspec.json.Decoder(Notice)

NOTIFICATIONS = Projection(
    name="notifications",
    events=NotificationEvent,
    memory=Notice,
    fold=fold,
    place=lambda notice: Place("all", notice.created),
)
