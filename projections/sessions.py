"""Who is signed in where: one row for each session, listed by person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

import msgspec
from msgspec.structs import replace

from domain.envelope import Recorded
from domain.identity import PersonId, TenantId
from domain.session.events import (
    ReuseDetected,
    SessionEvent,
    SessionOpened,
    SessionRefreshed,
    SessionRevoked,
)
from projections.paging import newest_first
from projections.ports import ViewReader
from projections.projection import Place, Projection


class SessionCard(msgspec.Struct, frozen=True, kw_only=True):
    """A session; `ended` says why it is over, `created` is the log's position it began at."""

    id: str
    person: str
    method: str
    provider: str | None
    use: str
    scopes: tuple[str, ...] | None
    opened_at: datetime
    expires_at: datetime
    refreshed_at: datetime | None = None
    ended_at: datetime | None = None
    ended: str | None = None
    created: int


def fold(card: SessionCard | None, event: SessionEvent, recorded: Recorded) -> SessionCard | None:
    """Return the session after one more event; what was never opened is nothing."""
    match card, event:
        case None, SessionOpened():
            return SessionCard(
                id=event.session,
                person=event.person,
                method=event.method,
                provider=event.provider,
                use=event.use,
                scopes=event.scopes,
                opened_at=event.opened_at,
                expires_at=event.expires_at,
                created=recorded.position,
            )
        case SessionCard(), SessionRefreshed():
            return replace(card, refreshed_at=event.refreshed_at)
        case SessionCard(ended=None), SessionRevoked():
            return replace(card, ended_at=event.revoked_at, ended=event.why)
        case SessionCard(ended=None), ReuseDetected():
            return replace(card, ended_at=event.detected_at, ended="reuse_detected")
        case _:
            return card


@runtime_checkable
class Sessions(Protocol):
    """The sessions of a tenant's people."""

    async def of(
        self, tenant: TenantId, person: PersonId, *, limit: int, cursor: str | None
    ) -> tuple[Sequence[SessionCard], str | None]:
        """Return someone's newest first, and the next cursor; raises `BadCursor`."""


class StoredSessions:
    """Satisfies `Sessions`."""

    def __init__(self, reader: ViewReader) -> None:
        self._reader = reader

    async def of(
        self, tenant: TenantId, person: PersonId, *, limit: int, cursor: str | None
    ) -> tuple[Sequence[SessionCard], str | None]:
        """Return up to `limit` sessions of a person, newest first."""
        return await newest_first(
            self._reader, "sessions", tenant, _card, limit=limit, cursor=cursor, group=person
        )


_card = msgspec.json.Decoder(SessionCard)

SESSIONS = Projection(
    name="sessions",
    events=SessionEvent,
    memory=SessionCard,
    fold=fold,
    place=lambda card: Place(card.person, card.created),
)
