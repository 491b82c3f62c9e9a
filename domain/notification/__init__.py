"""A notification: something people of a tenant should hear of, raised once and read by each."""

from domain.notification.events import NotificationEvent
from domain.notification.state import UNRAISED, Notification, Raised, Unraised, evolve

__all__ = ["UNRAISED", "Notification", "NotificationEvent", "Raised", "Unraised", "evolve"]
