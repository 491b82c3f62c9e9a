"""What may be done with a notification: raise it once, read it."""

from datetime import datetime

from domain.identity import PersonId
from domain.notification.events import NotificationEvent, NotificationRaised, NotificationRead
from domain.notification.state import Notification, Unraised
from domain.refusal import Reason, Refusal


class NotificationUnknown(Refusal, reason=Reason.UNKNOWN):
    """There is no such notification."""


def raise_once(
    notification: Notification, *, raised: NotificationRaised
) -> list[NotificationEvent]:
    """Tell people, unless they were told."""
    return [raised] if isinstance(notification, Unraised) else []


def read(notification: Notification, *, person: PersonId, at: datetime) -> list[NotificationEvent]:
    """Note that a person has read it; reading it again says nothing new."""
    if isinstance(notification, Unraised):
        raise NotificationUnknown
    if person in notification.readers:
        return []
    return [NotificationRead(notification=notification.notification, person=person, read_at=at)]
