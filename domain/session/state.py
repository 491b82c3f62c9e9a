"""What a session is, given everything that happened to it."""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from domain.identity import PersonId
from domain.session.events import (
    ReuseDetected,
    SessionEvent,
    SessionOpened,
    SessionRefreshed,
    SessionRevoked,
)

USED_CHARACTERS = 32  # of a used token's hash: 128 bits tell it from any other


class Unopened(msgspec.Struct, frozen=True):
    """Nobody signed in."""


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """Someone is signed in; `used` are the beginnings of the hashes of used-up tokens."""

    session: str
    person: PersonId
    method: str
    use: str
    scopes: tuple[str, ...] | None
    opened_at: datetime
    expires_at: datetime
    refresh_hash: str | None
    used: tuple[str, ...] = ()


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """Over for good."""

    session: str
    person: PersonId


Session = Unopened | Live | Ended

UNOPENED = Unopened()


def evolve(session: Session, event: SessionEvent) -> Session:
    """Accept what happened: history is never argued with, so nothing is refused."""
    match event:
        case SessionOpened() if isinstance(session, Unopened):
            return Live(
                session=event.session,
                person=event.person,
                method=event.method,
                use=event.use,
                scopes=event.scopes,
                opened_at=event.opened_at,
                expires_at=event.expires_at,
                refresh_hash=event.refresh_hash,
            )
        case SessionRefreshed(refresh_hash=fresh) if isinstance(session, Live):
            before = session.refresh_hash or ""
            used = (*session.used, before[:USED_CHARACTERS])
            return replace(session, refresh_hash=fresh, used=used)
        case ReuseDetected() | SessionRevoked() if isinstance(session, Live):
            return Ended(session=session.session, person=session.person)
        case SessionOpened() | SessionRefreshed() | ReuseDetected() | SessionRevoked():
            return session  # Out of order: on the record, without effect.
