"""Facts about sessions; secrets stand in them as hashes only."""

from datetime import datetime
from typing import Literal

from domain.account.events import Method
from domain.event import Event
from domain.identity import PersonId

WhyRevoked = Literal["signed_out", "asked"]
Use = Literal["api", "console"]


class SessionOpened(Event, frozen=True, kw_only=True, omit_defaults=True, tag="session.opened.v1"):
    """`refresh_hash` is the hex SHA-256 of the first refresh token, None where there is none.

    `scopes` are the permissions it may use of its person's, None for all.
    """

    session: str
    person: PersonId
    method: Method
    use: Use
    opened_at: datetime
    expires_at: datetime
    refresh_hash: str | None = None
    scopes: tuple[str, ...] | None = None
    provider: str | None = None


class SessionRefreshed(Event, frozen=True, kw_only=True, tag="session.refreshed.v1"):
    """A refresh token was used up, and another given in its place."""

    session: str
    refresh_hash: str
    refreshed_at: datetime


class ReuseDetected(Event, frozen=True, kw_only=True, tag="session.reuse_detected.v1"):
    """A refresh token came that was used up before: somebody has a copy, so the session ends."""

    session: str
    person: PersonId
    detected_at: datetime


class SessionRevoked(Event, frozen=True, kw_only=True, tag="session.revoked.v1"):
    session: str
    person: PersonId
    why: WhyRevoked
    revoked_at: datetime


SessionEvent = SessionOpened | SessionRefreshed | ReuseDetected | SessionRevoked
