"""Turns batches of the stream into one block of rows, ready for ClickHouse."""

import datetime as dt
import struct
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from hotpath.facts import EVENT_ID_BYTES, BrokenBatch, Row, decode_batch

# Kinds that a client may send again; the table `seen` remembers exactly these.
REPEATABLE = frozenset({b"visit", b"registration", b"deposit", b"win", b"bill", b"loss", b"click"})
# The columns before a row's own, and their bytes.
PLACED = ("partition", "seq", "idx", "block_first", "block_last", "duplicate")
PREFIX = struct.Struct("<HQIQQB")
COLUMNS = (*PLACED, *("at" if name == "at_us" else name for name in Row._fields))
INSTANT = struct.Struct("<q")
MICROSECONDS = 1_000_000


class Fact(NamedTuple):
    """One row and where it came from; `month` is yyyymm of its time in UTC."""

    seq: int
    idx: int
    row: bytes
    repeatable: bool
    month: int

    @property
    def event_id(self) -> bytes:
        return self.row[:EVENT_ID_BYTES]


class Block(NamedTuple):
    """The rows of the messages `first` to `last` of a partition, in order."""

    partition: int
    first: int
    last: int
    facts: list[Fact]

    @property
    def asked(self) -> list[bytes]:
        """The event ids that may have been seen before, each once."""
        return list(dict.fromkeys(fact.event_id for fact in self.facts if fact.repeatable))


class Piece(NamedTuple):
    """The rows of a block that go into one month, and the token that makes them go in once."""

    token: str
    body: bytes
    rows: int
    duplicates: int


class Months:
    """Names the UTC month of an instant; most instants share the month of the one before."""

    def __init__(self) -> None:
        self._from = self._until = self._month = 0

    def of(self, at_us: int) -> int:
        """Return yyyymm of microseconds since the epoch."""
        if not self._from <= at_us < self._until:
            self._turn(at_us)
        return self._month

    def _turn(self, at_us: int) -> None:
        day = dt.datetime.fromtimestamp(at_us // MICROSECONDS, tz=dt.UTC).date()
        first = day.replace(day=1)
        following = (first + dt.timedelta(days=32)).replace(day=1)
        self._from, self._until = _microseconds(first), _microseconds(following)
        self._month = first.year * 100 + first.month


def _microseconds(day: dt.date) -> int:
    midnight = dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)
    return int(midnight.timestamp()) * MICROSECONDS


def read_facts(seq: int, payload: bytes, months: Months) -> list[Fact]:
    """Return the rows of one message; raises `BrokenBatch` when it is not a batch of rows."""
    facts = []
    for idx, row in enumerate(decode_batch(payload)):
        try:
            kind, at_us = _kind_and_time(row)
            month = months.of(at_us)
        except (IndexError, struct.error, ValueError, OverflowError, OSError) as error:
            raise BrokenBatch(f"row {idx} is malformed ({error})", 0) from error
        facts.append(Fact(seq, idx, row, kind in REPEATABLE, month))
    return facts


def _kind_and_time(row: bytes) -> tuple[bytes, int]:
    start = EVENT_ID_BYTES
    kind = b""
    for _column in ("tenant", "kind"):
        size = row[start]
        start += 1
        shift = 7
        while size >> shift:  # LEB128: a high bit says that another seven bits follow
            size = size & ((1 << shift) - 1) | row[start] << shift
            start += 1
            shift += 7
        kind = row[start : start + size]
        start += size
    return kind, INSTANT.unpack_from(row, start)[0]


def pieces(block: Block, seen: Iterable[bytes]) -> list[Piece]:
    """Return the block's inserts, one a month, the oldest first.

    A row is a duplicate when its event was `seen` before the block, or earlier in it. An insert
    is atomic only within a month, so only the last piece's rows carry the block's last sequence:
    the newest `block_last` in the table never belongs to half a block.
    """
    known = set(seen)
    parts: dict[int, list[bytes]] = defaultdict(list)
    repeated: dict[int, int] = defaultdict(int)
    newest = max((fact.month for fact in block.facts), default=0)
    for fact in block.facts:
        duplicate = fact.repeatable and fact.event_id in known
        if fact.repeatable:
            known.add(fact.event_id)
        last = block.last if fact.month == newest else block.first - 1
        place = (block.partition, fact.seq, fact.idx, block.first, last, duplicate)
        parts[fact.month] += (PREFIX.pack(*place), fact.row)
        repeated[fact.month] += duplicate
    return [
        Piece(token(*block[:3], month), b"".join(rows), len(rows) // 2, repeated[month])
        for month, rows in sorted(parts.items())
    ]


def token(partition: int, first: int, last: int, month: int) -> str:
    """Return the name under which ClickHouse takes a piece once."""
    return f"facts_v1:{partition}:{first}-{last}:{month}"
