"""A session: someone who signed in, until they sign out, are signed out, or time runs out."""

from domain.session.events import SessionEvent
from domain.session.state import UNOPENED, Ended, Live, Session, Unopened, evolve

__all__ = ["UNOPENED", "Ended", "Live", "Session", "SessionEvent", "Unopened", "evolve"]
