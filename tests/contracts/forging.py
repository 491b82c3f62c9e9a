"""Changing history behind a log's back, with the plain client of whatever keeps it."""

import sqlite3

import psycopg

from adapters.rows import envelope_of, physical, recorded_in
from adapters.sealing import sealed
from domain.envelope import GENESIS, Entry

NO_KEY = """
ALTER TABLE stored_events RENAME TO locked;
CREATE TABLE stored_events (originator_id TEXT, originator_version INTEGER, topic TEXT, state BLOB);
INSERT INTO stored_events (rowid, originator_id, originator_version, topic, state)
  SELECT rowid, originator_id, originator_version, topic, state FROM locked;
DROP TABLE locked;
"""


class SqliteForger:
    """Whoever has the file has everything."""

    def __init__(self, path):
        self.path = path

    def run(self, statement, *arguments):
        connection = sqlite3.connect(self.path)
        try:
            with connection:
                return connection.execute(statement, arguments).fetchall()
        finally:
            connection.close()

    def rows(self):
        """Return (position, name, version, kind, envelope) of every event."""
        return self.run("SELECT rowid, * FROM stored_events ORDER BY rowid")

    def edit(self, position, *, kind, envelope):
        statement = "UPDATE stored_events SET topic = ?, state = ? WHERE rowid = ?"
        self.run(statement, kind, envelope, position)

    def delete(self, first, last):
        self.run("DELETE FROM stored_events WHERE rowid BETWEEN ? AND ?", first, last)

    def swap(self, one, other):
        for old, new in ((one, -1), (other, one), (-1, other)):
            self.run("UPDATE stored_events SET rowid = ? WHERE rowid = ?", new, old)

    def insert(self, position, name, version, kind, envelope):
        self.run(
            "INSERT INTO stored_events "
            "(rowid, originator_id, originator_version, topic, state) VALUES (?, ?, ?, ?, ?)",
            position, name, version, kind, envelope,
        )  # fmt: skip

    def make_room(self, position):
        """Let every event from `position` on move one further."""
        last = self.rows()[-1][0]
        for old in range(last, position - 1, -1):
            self.run("UPDATE stored_events SET rowid = ? WHERE rowid = ?", old + 1, old)

    def unlock(self):
        """Take away the key that lets a version stand in a stream only once."""
        connection = sqlite3.connect(self.path)
        connection.executescript(NO_KEY)
        connection.close()


class PostgresForger:
    """Whoever has the role has everything."""

    def __init__(self, url):
        self.url = url

    def run(self, statement, *arguments):
        with psycopg.connect(self.url) as connection:
            cursor = connection.execute(statement, arguments or None)
            return cursor.fetchall() if cursor.description else []

    def rows(self):
        return self.run(
            "SELECT notification_id, originator_id, originator_version, topic, state "
            "FROM stored_events ORDER BY notification_id"
        )

    def edit(self, position, *, kind, envelope):
        statement = "UPDATE stored_events SET topic = %s, state = %s WHERE notification_id = %s"
        self.run(statement, kind, envelope, position)

    def delete(self, first, last):
        self.run("DELETE FROM stored_events WHERE notification_id BETWEEN %s AND %s", first, last)

    def swap(self, one, other):
        statement = "UPDATE stored_events SET notification_id = %s WHERE notification_id = %s"
        for old, new in ((one, -1), (other, one), (-1, other)):
            self.run(statement, new, old)

    def insert(self, position, name, version, kind, envelope):
        self.run(
            "INSERT INTO stored_events (notification_id, originator_id, originator_version, "
            "topic, state) VALUES (%s, %s, %s, %s, %s)",
            position, name, version, kind, envelope,
        )  # fmt: skip

    def make_room(self, position):
        for sign in (-1, 1):  # In two steps, for no two may share a number on the way.
            self.run(
                "UPDATE stored_events SET notification_id = "
                "CASE WHEN notification_id < 0 THEN -notification_id ELSE -notification_id - 1 END "
                "WHERE notification_id < 0 OR (notification_id >= %s AND %s < 0)",
                position, sign,
            )  # fmt: skip

    def unlock(self):
        self.run("ALTER TABLE stored_events DROP CONSTRAINT stored_events_pkey")


def entry_of(recorded, *, data=None):
    """Return what was asked to be recorded, or something else in its place."""
    fields = {name: getattr(recorded, name) for name in Entry.__struct_fields__}
    return Entry(**{**fields, "data": data or recorded.data})


def rewrite(forger, position, data):
    """Change an event and recompute every hash after it in its stream, as a forger would."""
    history = [recorded_in(*row) for row in forger.rows()]
    first = next(each for each in history if each.position == position)
    stream = [
        each
        for each in history
        if (each.tenant, each.stream) == (first.tenant, first.stream)
        and each.version >= first.version
    ]
    forged = sealed(
        [entry_of(first, data=data), *(entry_of(each) for each in stream[1:])],
        tenant=first.tenant,
        stream=first.stream,
        after=first.version - 1,
        previous=first.previous,
        position=0,
    )
    for was, now in zip(stream, forged, strict=True):
        forger.edit(was.position, kind=now.kind, envelope=envelope_of(now))


def continue_stream(forger, position, tenant, stream, *, after, entry):
    """Insert an event that follows version `after` of a stream with a proper hash."""
    history = [recorded_in(*row) for row in forger.rows()]
    place = (tenant, stream, after)
    hashes = [
        each.hash for each in history if (each.tenant, each.stream, each.version) == place
    ] or [GENESIS]
    (forged,) = sealed(
        [entry], tenant=tenant, stream=stream, after=after, previous=hashes[0], position=0
    )
    name = physical(tenant, stream)
    forger.insert(position, name, forged.version, forged.kind, envelope_of(forged))
