"""What may be asked of notifications: raise one for an event, mark one as read."""

from functools import partial

import msgspec

from commands.desk import Desk
from commands.ledger import Ledger
from commands.transact import Asking, Outcome, transact
from domain.notification import UNRAISED, Notification, NotificationEvent, evolve
from domain.notification.decisions import raise_once, read
from domain.notification.events import NotificationRaised
from migrations.events import EventDecoder

NOTIFICATIONS: Ledger[Notification, NotificationEvent] = Ledger(
    "notification", UNRAISED, evolve, EventDecoder(NotificationEvent), remembers=16
)


class RaiseNotification(msgspec.Struct, frozen=True, kw_only=True):
    """`notification` is the id of the event it tells of: the stream it lives in, once.

    `about` is the stream that it is about, `topic` a name for programs, `text` a sentence for
    people, in which nobody of whom personal data is kept may be named.
    """

    notification: str
    about: str
    topic: str
    text: str


class ReadNotification(msgspec.Struct, frozen=True, kw_only=True):
    notification: str


async def raise_notification(command: RaiseNotification, *, asking: Asking, desk: Desk) -> Outcome:
    """Tell the people of the asking tenant, once for each event."""
    at = desk.clock.now()
    raised = NotificationRaised(**msgspec.structs.asdict(command), at=at)
    decision = partial(raise_once, raised=raised)
    return await transact(desk, NOTIFICATIONS, command.notification, decision, asking=asking, at=at)


async def read_notification(command: ReadNotification, *, asking: Asking, desk: Desk) -> Outcome:
    """Note that the person who asks has read it."""
    at = desk.clock.now()
    decision = partial(read, person=asking.person, at=at)
    return await transact(desk, NOTIFICATIONS, command.notification, decision, asking=asking, at=at)
