"""Facts about what people were told."""

from datetime import datetime

from domain.event import Event
from domain.identity import PersonId


class NotificationRaised(Event, frozen=True, kw_only=True, tag="notification.raised.v1"):
    """`about` is the stream that it is about, `topic` what happened there, `text` for people."""

    notification: str  # the id of the event that it tells of: told once, whoever tells it
    about: str
    topic: str
    text: str
    at: datetime


class NotificationRead(Event, frozen=True, kw_only=True, tag="notification.read.v1"):
    notification: str
    person: PersonId
    read_at: datetime


NotificationEvent = NotificationRaised | NotificationRead
