"""Recorded events as rows of `eventsourcing`'s SQLite recorder.

A row is (stream, version, kind, envelope): the recorder's originator id is the
physical stream name `{category}-{tenant}.{key}`, its topic is our kind, and its
state is the JSON of `Envelope`. The row's id is the position in the feed.
"""

from collections.abc import Sequence
from typing import cast

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteCursor

from adapters.links import Row
from adapters.rows import VERSION_MAX, envelope_of, physical, recorded_in, seal_in
from adapters.sealing import sealed
from commands.ports import Appended, Overtaken
from domain.envelope import GENESIS, Entry, Recorded
from domain.identity import TenantId

NO_LIMIT = -1  # as SQLite spells it


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
        return row[1], seal_in(name, row[3])

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
        return [recorded_in(*row) for row in cursor.fetchall()]

    def feed(self, cursor: SQLiteCursor, *, position: int, limit: int) -> list[Recorded]:
        """Return up to `limit` events past `position`, in commit order."""
        rows = self.rows(cursor, position=position, limit=limit)
        return [recorded_in(*row) for row in rows]

    def rows(self, cursor: SQLiteCursor, *, position: int, limit: int) -> list[Row]:
        """Return the rows of those events as they lie in the file."""
        cursor.execute(
            f"SELECT rowid, * FROM {self.events_table_name} "  # noqa: S608 - our own table name
            "WHERE rowid>? ORDER BY rowid LIMIT ?",
            (position, limit),
        )
        return cast("list[Row]", cursor.fetchall())

    def stream_rows(self, cursor: SQLiteCursor, *, tenant: TenantId, stream: str) -> list[Row]:
        """Return one stream's rows as they lie in the file, also those nobody can read."""
        cursor.execute(
            f"SELECT rowid, * FROM {self.events_table_name} "  # noqa: S608 - our own table name
            "WHERE originator_id=? ORDER BY originator_version",
            (physical(tenant, stream),),
        )
        return cast("list[Row]", cursor.fetchall())

    def head(self, cursor: SQLiteCursor) -> int:
        """Return the newest position; 0 for an empty log."""
        return self._max_notification_id(cursor) or 0


def _stored(name: str, recorded: Recorded) -> StoredEvent:
    return StoredEvent(
        originator_id=name,
        originator_version=recorded.version,
        topic=recorded.kind,
        state=envelope_of(recorded),
    )
