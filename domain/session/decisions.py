"""What may be done with a session: open it once, refresh it, end it."""

import hmac
from datetime import datetime

from domain.identity import PersonId
from domain.refusal import Reason, Refusal
from domain.session.events import (
    ReuseDetected,
    SessionEvent,
    SessionOpened,
    SessionRefreshed,
    SessionRevoked,
    WhyRevoked,
)
from domain.session.state import USED_CHARACTERS, Live, Session, Unopened


class SessionUnknown(Refusal, reason=Reason.UNKNOWN):
    """There is no such session."""


class ProofUsed(Refusal, reason=Reason.FORBIDDEN):
    """This proof of who you are has opened a session before: sign in again."""


def open_once(session: Session, *, opened: SessionOpened) -> list[SessionEvent]:
    """Open a session; a proof that named it before opens nothing twice."""
    if not isinstance(session, Unopened):
        raise ProofUsed
    return [opened]


def refresh(session: Session, *, presented: str, fresh: str, at: datetime) -> list[SessionEvent]:
    """Give another refresh token for the hash `presented`.

    One that was used up before ends the session; one that never was is nothing.
    """
    if not isinstance(session, Live) or session.refresh_hash is None or at >= session.expires_at:
        return []
    if hmac.compare_digest(session.refresh_hash, presented):
        return [SessionRefreshed(session=session.session, refresh_hash=fresh, refreshed_at=at)]
    if presented[:USED_CHARACTERS] in session.used:
        return [ReuseDetected(session=session.session, person=session.person, detected_at=at)]
    return []


def revoke(
    session: Session, *, why: WhyRevoked, at: datetime, person: PersonId | None = None
) -> list[SessionEvent]:
    """End a session, with `person` only one of theirs; ending it again says nothing new."""
    if isinstance(session, Unopened) or person not in {None, session.person}:
        raise SessionUnknown
    if not isinstance(session, Live):
        return []
    return [SessionRevoked(session=session.session, person=session.person, why=why, revoked_at=at)]


def sign_out(session: Session, *, presented: str, at: datetime) -> list[SessionEvent]:
    """End the session of a refresh token, be it used up; one that never was ends nothing."""
    if not isinstance(session, Live) or session.refresh_hash is None:
        return []
    fits = hmac.compare_digest(session.refresh_hash, presented)
    if not fits and presented[:USED_CHARACTERS] not in session.used:
        return []
    return revoke(session, why="signed_out", at=at)
