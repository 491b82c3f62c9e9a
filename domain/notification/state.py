"""What a notification is, given everything that happened to it."""

import msgspec
from msgspec.structs import replace

from domain.identity import PersonId
from domain.notification.events import NotificationEvent, NotificationRaised, NotificationRead


class Unraised(msgspec.Struct, frozen=True):
    """Nobody was told."""


class Raised(msgspec.Struct, frozen=True, kw_only=True):
    """People are told, and these have read it."""

    notification: str
    readers: frozenset[PersonId] = frozenset()


Notification = Unraised | Raised

UNRAISED = Unraised()


def evolve(notification: Notification, event: NotificationEvent) -> Notification:
    """Accept what happened: history is never argued with, so nothing is refused."""
    match event:
        case NotificationRaised() if isinstance(notification, Unraised):
            return Raised(notification=event.notification)
        case NotificationRead(person=person) if isinstance(notification, Raised):
            return replace(notification, readers=notification.readers | {person})
        case NotificationRaised() | NotificationRead():
            return notification  # Out of order: on the record, without effect.
