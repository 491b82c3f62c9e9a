"""Recorded events as rows of `eventsourcing`'s SQLite recorder.

A row is (stream, version, kind, envelope): the recorder's originator id is the
physical stream name `{category}-{tenant}.{key}`, its topic is our kind, and its
state is the JSON of `Envelope`. The row's id is the position in the feed.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import msgspec
from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteCursor

from adapters.sealing import sealed
from commands.ports import Appended, LogUnreachable, Overtaken
from domain.envelope import GENESIS, Entry, Recorded
from domain.identity import TenantId

VERSION_MAX = 2**63 - 1
NO_LIMIT = -1  # as SQLite spells it


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """All of a recorded event that its row does not already say.

    `data` is embedded as the bytes it came in, because the hash covers them.
    """

    event_id: str
    recorded_at: datetime
    actor: str
    command_id: str
    fingerprint: str
    correlation_id: str
    causation_id: str | None
    schema_version: int
    previous: str
    hash: str
    data: msgspec.Raw


class Seal(msgspec.Struct, frozen=True):
    """The only part of the newest envelope that the next one needs."""

    hash: str


ENVELOPES = msgspec.json.Decoder(Envelope)
SEALS = msgspec.json.Decoder(Seal)


class RowUnreadable(LogUnreachable):
    """A row is there, but it is no envelope: the file was damaged or changed."""

    def __init__(self, position: int, name: str, version: int) -> None:
        super().__init__(f"the event at position {position} of {name} cannot be read")
        self.position = position
        self.version = version
        self.tenant, self.stream = public(name)


class SqliteRecorder(SQLiteApplicationRecorder):
    """The recorder, with appends that join a transaction someone else commits."""

    def append(
        self,
        cursor: SQLiteCursor,
        tenant: TenantId,
        stream: str,
        entries: Sequence[Entry],
        *,
        after: int,
    ) -> Appended:
        """Insert within the open transaction, or raise `Overtaken` having inserted nothing."""
        name = physical(tenant, stream)
        version, previous = self._end_of(cursor, name)
        if version != after:
            raise Overtaken(stream)
        news = sealed(
            entries, tenant=tenant, stream=stream, after=after, previous=previous, position=0
        )
        positions = self._insert_events(cursor, [_stored(name, recorded) for recorded in news])
        return Appended(version=after + len(news), position=(positions or [0])[-1])

    def _end_of(self, cursor: SQLiteCursor, name: str) -> tuple[int, str]:
        cursor.execute(
            self.select_events_statement + "ORDER BY originator_version DESC LIMIT 1", (name,)
        )
        row = cursor.fetchone()
        if row is None:
            return 0, GENESIS
        try:
            return row[1], SEALS.decode(row[3]).hash
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise LogUnreachable(f"the newest event of {name} cannot be read") from error

    def history(
        self,
        cursor: SQLiteCursor,
        tenant: TenantId,
        stream: str,
        *,
        after: int,
        upto: int | None = None,
        limit: int = NO_LIMIT,
    ) -> list[Recorded]:
        """Return one stream's events, straight from their rows."""
        cursor.execute(
            f"SELECT rowid, * FROM {self.events_table_name} "  # noqa: S608 - our own table name
            "WHERE originator_id=? AND originator_version>? AND originator_version<=? "
            "ORDER BY originator_version LIMIT ?",
            (physical(tenant, stream), after, VERSION_MAX if upto is None else upto, limit),
        )
        return [_recorded(*row) for row in cursor.fetchall()]

    def feed(
        self, cursor: SQLiteCursor, *, position: int, limit: int, before: int = VERSION_MAX
    ) -> list[Recorded]:
        """Return up to `limit` events past `position` and before another, in commit order."""
        cursor.execute(
            f"SELECT rowid, * FROM {self.events_table_name} "  # noqa: S608 - our own table name
            "WHERE rowid>? AND rowid<? ORDER BY rowid LIMIT ?",
            (position, before, limit),
        )
        return [_recorded(*row) for row in cursor.fetchall()]

    def head(self, cursor: SQLiteCursor) -> int:
        """Return the newest position; 0 for an empty log."""
        return self._max_notification_id(cursor) or 0


def physical(tenant: TenantId, stream: str) -> str:
    """Return the stream's name in a log shared by all tenants."""
    category, _, key = stream.partition("-")
    return f"{category}-{tenant}.{key}"


@lru_cache(maxsize=4_096)
def public(name: str) -> tuple[TenantId, str]:
    """Return the tenant and the stream as outsiders name it."""
    category, _, rest = name.partition("-")
    tenant, _, key = rest.partition(".")
    return TenantId(tenant), f"{category}-{key}"


def _stored(name: str, recorded: Recorded) -> StoredEvent:
    envelope = Envelope(
        event_id=recorded.event_id,
        recorded_at=recorded.recorded_at,
        actor=recorded.actor,
        command_id=recorded.command_id,
        fingerprint=recorded.fingerprint,
        correlation_id=recorded.correlation_id,
        causation_id=recorded.causation_id,
        schema_version=recorded.schema_version,
        previous=recorded.previous,
        hash=recorded.hash,
        data=msgspec.Raw(recorded.data),
    )
    return StoredEvent(
        originator_id=name,
        originator_version=recorded.version,
        topic=recorded.kind,
        state=msgspec.json.encode(envelope),
    )


def _recorded(position: int, name: str, version: int, kind: str, state: bytes) -> Recorded:
    try:
        envelope = ENVELOPES.decode(state)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RowUnreadable(position, name, version) from error
    tenant, stream = public(name)
    return Recorded(
        tenant=tenant,
        stream=stream,
        version=version,
        position=position,
        event_id=envelope.event_id,
        kind=kind,
        data=bytes(envelope.data),
        recorded_at=envelope.recorded_at,
        actor=envelope.actor,
        command_id=envelope.command_id,
        fingerprint=envelope.fingerprint,
        correlation_id=envelope.correlation_id,
        causation_id=envelope.causation_id,
        schema_version=envelope.schema_version,
        previous=envelope.previous,
        hash=envelope.hash,
    )
