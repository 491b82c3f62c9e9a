"""The table of facts as its one writer uses it: insert once, look up repeats, find the place."""

from collections.abc import Sequence
from typing import NamedTuple

from clickhouse_connect.driver.asyncclient import AsyncClient

from adapters.clickhouse import ClickHouseUnreachable, reached
from adapters.facts_block import COLUMNS, Piece, token
from adapters.facts_sieve import Sieve

# Without these three retries of a block made a view's sum three times too large.
INSERT_SETTINGS = {
    "async_insert": 0,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "insert_deduplicate": 1,
    "materialized_views_ignore_errors": 0,
}
# ClickHouse's codes for bytes that are not rows of the table; the same bytes never become rows.
BAD_ROWS = frozenset({6, 27, 32, 33, 72, 117, 130, 131, 246, 321})
ASKED_MAX = 2_000

NEWEST = """
SELECT max(block_last) FROM facts
WHERE partition = {partition:UInt16} AND block_last >=
    (SELECT max(through) FROM ingest_progress WHERE partition = {partition:UInt16})
"""
PARTS = """
SELECT DISTINCT block_first, toYYYYMM(at) FROM facts
WHERE partition = {partition:UInt16} AND block_last = {last:UInt64} AND block_first <= block_last
"""
MONTHS = """
SELECT DISTINCT toYYYYMM(at) FROM facts
WHERE partition = {partition:UInt16} AND block_first = {first:UInt64} ORDER BY 1
"""
ROWS = f"""
SELECT {", ".join(COLUMNS)} FROM facts
WHERE partition = {{partition:UInt16}} AND block_first = {{first:UInt64}}
    AND toYYYYMM(at) = {{month:UInt32}}
ORDER BY seq, idx
"""  # noqa: S608 - the columns are our own
SEEN_COUNT = "SELECT count() FROM seen WHERE partition = {partition:UInt16}"
SEEN_BETWEEN = """
SELECT event_id FROM seen
WHERE partition = {partition:UInt16}
    AND event_id BETWEEN unhex({low:String}) AND unhex({high:String})
"""
SLICE_ROWS = 2_000_000


class RowsRefused(ClickHouseUnreachable):
    """ClickHouse cannot read these rows: they are none, or the table is not ours."""


class Place(NamedTuple):
    """The newest block of a partition that is in, whole."""

    first: int
    last: int


class FactsTable:
    """One partition of `facts`. Every method raises `ClickHouseUnreachable`."""

    def __init__(self, client: AsyncClient, partition: int) -> None:
        self._client = client
        self._partition = partition
        self._sieve: Sieve | None = None
        self._recent: list[bytes] | None = None

    async def newest(self) -> Place | None:
        """Return the newest whole block; None for an empty partition."""
        async with reached():
            asked = {"partition": self._partition}
            rows = (await self._client.query(NEWEST, parameters=asked)).result_rows
            last = int(rows[0][0])
            if last == 0:
                return None
            parts = await self._client.query(PARTS, parameters=asked | {"last": last})
        return Place(max(int(first) for first, _month in parts.result_rows), last)

    async def learn(self) -> None:
        """Read which events were seen; from then on `seen` asks only for those in doubt.

        Whoever calls this is the only writer from before the call on, and says `remember` of
        each block it inserts.
        """
        self._recent = []
        try:
            sieve = await self._read_sieve()
            for event_ids in self._recent:
                sieve.add(event_ids)
            self._sieve = sieve
        finally:
            self._recent = None

    async def _read_sieve(self) -> Sieve:
        async with reached():
            counted = await self._client.query(
                SEEN_COUNT, parameters={"partition": self._partition}
            )
        expected = int(counted.result_rows[0][0])
        sieve = Sieve(expected)
        slices = min(256, 1 << (expected // SLICE_ROWS).bit_length())
        for start in range(0, 256, 256 // slices):
            sieve.add(await self._seen_between(start, start + 256 // slices - 1))
        return sieve

    def remember(self, event_ids: Sequence[bytes]) -> None:
        """Note the events of a block that is in."""
        if self._sieve is not None:
            self._sieve.add(b"".join(event_ids))
        elif self._recent is not None:
            self._recent.append(b"".join(event_ids))

    async def _seen_between(self, first_byte: int, last_byte: int) -> bytes:
        low = first_byte.to_bytes(1) + bytes(15)
        high = last_byte.to_bytes(1) + b"\xff" * 15
        asked = {"partition": self._partition, "low": low.hex(), "high": high.hex()}
        async with reached():
            return await self._client.raw_query(SEEN_BETWEEN, parameters=asked, fmt="RowBinary")

    async def seen(self, event_ids: Sequence[bytes], *, before: int) -> set[bytes]:
        """Return those of the events whose first row has a sequence below `before`."""
        if self._sieve is not None:
            event_ids = self._sieve.doubtful(event_ids)
        found: set[bytes] = set()
        for start in range(0, len(event_ids), ASKED_MAX):
            some = event_ids[start : start + ASKED_MAX]
            # Hex digits of our own making; a parameter of this size does not fit an address.
            listed = ",".join(f"x'{event_id.hex()}'" for event_id in some)
            query = f"""
                SELECT DISTINCT event_id FROM seen PREWHERE event_id IN ({listed})
                WHERE partition = {{partition:UInt16}} AND seq < {{before:UInt64}}
            """  # noqa: S608 - the literals are hex digits
            asked = {"partition": self._partition, "before": before}
            async with reached():
                answer = await self._client.query(query, parameters=asked)
            found.update(bytes(row[0]) for row in answer.result_rows)
        return found

    async def insert(self, piece: Piece) -> None:
        """Insert a piece and its views once, however often this is called with its token.

        Raises `RowsRefused` when its bytes are not rows of the table.
        """
        await self._insert(piece.token, piece.body)

    async def insert_again(self, place: Place) -> int:
        """Insert the block at `place` again as it is in the table, so that its views are whole.

        Returns in how many months it lies.
        """
        asked = {"partition": self._partition, "first": place.first}
        async with reached():
            months = (await self._client.query(MONTHS, parameters=asked)).result_rows
        count = 0
        for (month,) in months:
            async with reached():
                of_month = asked | {"month": month}
                body = await self._client.raw_query(ROWS, parameters=of_month, fmt="RowBinary")
            await self._insert(token(self._partition, place.first, place.last, month), body)
            count += 1
        return count

    async def _insert(self, name: str, body: bytes) -> None:
        settings = INSERT_SETTINGS | {"insert_deduplication_token": name}
        try:
            async with reached():
                await self._client.raw_insert(
                    "facts", COLUMNS, insert_block=body, fmt="RowBinary", settings=settings
                )
        except ClickHouseUnreachable as error:
            if getattr(error.__cause__, "code", None) in BAD_ROWS:
                raise RowsRefused(str(error)) from error
            raise
