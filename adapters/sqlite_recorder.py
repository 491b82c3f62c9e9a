"""Recorded events as rows of `eventsourcing`'s SQLite recorder.

A row is (stream, version, kind, envelope): the recorder's originator id is the
physical stream name `{category}-{tenant}.{key}`, its topic is our kind, and its
state is the JSON of `Envelope`. The row's id is the position in the feed.
"""

from typing import cast

from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteCursor

from adapters.links import Row
from adapters.rows import VERSION_MAX, physical, recorded_in
from domain.envelope import Recorded
from domain.identity import TenantId

NO_LIMIT = -1  # as SQLite spells it


class SqliteRecorder(SQLiteApplicationRecorder):
    """The recorder's table, read by stream and by position; `Pen` writes it."""

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
        rows = self._select(
            cursor,
            "originator_id=? AND originator_version>? AND originator_version<=? "
            "ORDER BY originator_version LIMIT ?",
            (physical(tenant, stream), after, VERSION_MAX if upto is None else upto, limit),
        )
        return [recorded_in(*row) for row in rows]

    def feed(self, cursor: SQLiteCursor, *, position: int, limit: int) -> list[Recorded]:
        """Return up to `limit` events past `position`, in commit order."""
        rows = self.rows(cursor, position=position, limit=limit)
        return [recorded_in(*row) for row in rows]

    def rows(self, cursor: SQLiteCursor, *, position: int, limit: int) -> list[Row]:
        """Return the rows of those events as they lie in the file."""
        return self._select(cursor, "rowid>? ORDER BY rowid LIMIT ?", (position, limit))

    def stream_rows(self, cursor: SQLiteCursor, *, tenant: TenantId, stream: str) -> list[Row]:
        """Return one stream's rows as they lie in the file, also those nobody can read."""
        name = physical(tenant, stream)
        return self._select(cursor, "originator_id=? ORDER BY originator_version", (name,))

    def _select(self, cursor: SQLiteCursor, which: str, values: tuple[str | int, ...]) -> list[Row]:
        cursor.sqlite_cursor.row_factory = None  # plain tuples, which cost less than named rows
        cursor.execute(
            f"SELECT rowid, * FROM {self.events_table_name} WHERE {which}",  # noqa: S608 - our own words
            values,
        )
        return cast("list[Row]", cursor.fetchall())

    def head(self, cursor: SQLiteCursor) -> int:
        """Return the newest position; 0 for an empty log."""
        return self._max_notification_id(cursor) or 0
