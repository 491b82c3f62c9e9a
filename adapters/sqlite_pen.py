"""One transaction's worth of appends: each held against its stream, all inserted together."""

import sqlite3
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple, Protocol

from adapters.rows import seal_in
from adapters.sealing import SealedRow, sealed_rows
from commands.ports import Appended, LogUnreachable, Overtaken
from domain.envelope import GENESIS, Entry
from domain.identity import TenantId

LOCK_TIMEOUT_S = 5  # how long to wait while another process commits
STATEMENTS_KEPT = 64
ENDS_MAX = 50_000
# The appends that meet a checkpoint wait for it: at 32 MB that is one group in 300, not in 40.
WAL_PAGES = 8_000
CACHE_KIB = 65_536
ROWS_MAX = 256  # in one statement; SQLite takes 32,766 values, a row has five

Verdict = Appended | Overtaken | LogUnreachable
Stored = tuple[int, str, int, str, bytes]  # position, stream name, version, kind, envelope

END = (
    "SELECT originator_version, state FROM stored_events WHERE originator_id=? "
    "ORDER BY originator_version DESC LIMIT 1"
)
HEAD = "SELECT coalesce(max(rowid), 0) FROM stored_events"
# A statement of many rows keeps a copy of each page for undoing itself alone, unless it may FAIL;
# whatever fails here undoes the whole transaction.
COLUMNS = (
    "INSERT OR FAIL INTO stored_events (rowid, originator_id, originator_version, topic, state)"
)
# One statement for many rows, of as few lengths as can be, so that each is prepared once.
INSERTS = {
    length: f"{COLUMNS} VALUES {','.join(['(?,?,?,?,?)'] * length)}"
    for length in (1, 2, 4, 8, 16, 32, 64, 128, ROWS_MAX)
}


class Asked(Protocol):
    """What somebody wants appended; its rows may be sealed already, on what `previous` says."""

    @property
    def name(self) -> str: ...
    @property
    def tenant(self) -> TenantId: ...
    @property
    def stream(self) -> str: ...
    @property
    def entries(self) -> Sequence[Entry]: ...
    @property
    def after(self) -> int: ...
    @property
    def previous(self) -> str: ...
    @property
    def rows(self) -> Sequence[SealedRow]: ...


class End(NamedTuple):
    """The newest event of a stream."""

    version: int
    hash: str


class Pen:
    """The writing connection, and what it knows of the ends of streams.

    What it knows holds as long as nobody else commits, which SQLite's `data_version` tells.
    After an exception the connection must be let go with `drop`.
    """

    def __init__(self, path: Path | str) -> None:
        self.connection = sqlite3.connect(
            path,
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=LOCK_TIMEOUT_S,
            cached_statements=STATEMENTS_KEPT,
        )
        # In WAL mode only FULL syncs the log at every commit.
        self.connection.execute("PRAGMA synchronous=FULL")
        self.connection.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
        self.connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        self._mark = -1
        self._head = 0
        self._ends: dict[str, End] = {}

    def write(self, group: Sequence[Asked]) -> list[Verdict]:
        """Commit all that fit where their streams stand; raises what SQLite raises."""
        self.connection.execute("BEGIN IMMEDIATE")
        self._look()
        rows: list[Stored] = []
        verdicts = [self._verdict(asked, rows) for asked in group]
        self._insert(rows)
        self.connection.execute("COMMIT")
        while len(self._ends) > ENDS_MAX:
            del self._ends[next(iter(self._ends))]
        return verdicts

    def drop(self) -> None:
        """Undo what was begun, and close.

        Closing alone would not undo it while a traceback still holds a cursor.
        """
        try:
            self.connection.rollback()
        finally:
            self.connection.close()

    def _look(self) -> None:
        """Forget what is known if another connection committed since."""
        ((mark,),) = self.connection.execute("PRAGMA data_version")
        if mark != self._mark:
            self._mark = mark
            self._ends.clear()
            ((self._head,),) = self.connection.execute(HEAD)

    def _verdict(self, asked: Asked, rows: list[Stored]) -> Verdict:
        name, sealed = asked.name, asked.rows
        try:
            end = self._ends.pop(name, None) or self._end_of(name)
        except LogUnreachable as unreadable:
            return unreadable
        self._ends[name] = end
        if end.version != asked.after:
            return Overtaken(asked.stream)
        if not sealed or asked.previous != end.hash:
            sealed = list(
                sealed_rows(
                    asked.entries,
                    tenant=asked.tenant,
                    stream=asked.stream,
                    after=asked.after,
                    previous=end.hash,
                )
            )
        for version, kind, envelope, _ in sealed:
            self._head += 1
            rows.append((self._head, name, version, kind, envelope))
        self._ends[name] = End(sealed[-1].version, sealed[-1].hash)
        return Appended(version=sealed[-1].version, position=self._head)

    def _end_of(self, name: str) -> End:
        row = self.connection.execute(END, (name,)).fetchone()
        return End(0, GENESIS) if row is None else End(row[0], seal_in(name, row[1]))

    def _insert(self, rows: Sequence[Stored]) -> None:
        # SQLite's module lets go of the interpreter at each statement, and then waits for its
        # turn behind the event loop: so all rows go in few statements.
        done = 0
        while done < len(rows):
            length = min(ROWS_MAX, 1 << (len(rows) - done).bit_length() - 1)
            values = chain.from_iterable(rows[done : done + length])
            self.connection.execute(INSERTS[length], tuple(values))
            done += length
