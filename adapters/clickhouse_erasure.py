"""Facts about a person in ClickHouse: counted, told, and deleted for good."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from clickhouse_connect.driver.asyncclient import AsyncClient

from adapters.clickhouse import client, reached
from commands.privacy_ports import Counts, Wanted

AT_ONCE = 2_000  # rows in one mutation, so that its text stays below ClickHouse's limit
TOLD_AT_ONCE = 5_000
# No literal of ours may stay behind in a log of queries.
UNLOGGED = {"log_queries": 0}
# Mutations name rows by their place: their text is kept by ClickHouse, and must name nobody.
AWAITED = {"mutations_sync": 2} | UNLOGGED
THEIRS = "tenant = {tenant:String} AND player IN {players:Array(String)}"
BEFORE = (
    "seq <= transform(partition, {partitions:Array(UInt16)}, {cuts:Array(UInt64)}, toUInt64(0))"
)
COUNT = "SELECT kind, count() FROM facts WHERE {where} GROUP BY kind ORDER BY kind"
PLACES = """
SELECT partition, seq, idx, kind, hex(event_id) FROM facts WHERE {where}
ORDER BY partition, seq, idx LIMIT {limit}
"""
TOLD = """
SELECT partition, seq, idx, kind, at, campaign, offer, player, banner_tag, s, b, amount_micros,
    currency, request_id, bid_id, imp_id, exchange, reason, source_ip, user_agent, detail, duplicate
FROM facts FINAL
WHERE {where} AND (partition, seq, idx) > ({{partition:UInt16}}, {{seq:UInt64}}, {{idx:UInt32}})
ORDER BY partition, seq, idx LIMIT {limit}
"""
# A bill is money: it stays, and nothing in it says whose impression it was.
ANONYMOUS = "player = '', s = '', b = '', source_ip = '', user_agent = '', detail = ''"


class ClickHouseErasure:
    """`PersonalRows` over `facts` and `seen`; raises `ClickHouseUnreachable`.

    Daily tables hold no identifier and are left alone. A mutation is awaited on all replicas.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: AsyncClient | None = None
        self._opening = asyncio.Lock()

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    async def count(self, wanted: Wanted, cuts: Mapping[int, int] | None = None) -> Counts:
        where, asked = _where(wanted, cuts)
        return {
            kind: int(rows) for kind, rows in await self._rows(COUNT.format(where=where), asked)
        }

    async def erase(self, wanted: Wanted, cuts: Mapping[int, int]) -> None:
        where, asked = _where(wanted, cuts)
        query = PLACES.format(where=where, limit=AT_ONCE)
        while places := await self._rows(query, asked):
            events = ",".join(f"unhex('{event_id}')" for *_, event_id in places)
            await self._mutate(f"ALTER TABLE seen DELETE WHERE event_id IN ({events})")
            rows = ",".join(f"({partition},{seq},{idx})" for partition, seq, idx, *_ in places)
            these = f"(partition, seq, idx) IN ({rows})"
            kinds = Counter(kind == "bill" for _, _, _, kind, _ in places)
            if kinds[True]:
                await self._mutate(
                    f"ALTER TABLE facts UPDATE {ANONYMOUS} WHERE kind = 'bill' AND {these}"
                )
            if kinds[False]:
                await self._mutate(f"ALTER TABLE facts DELETE WHERE kind != 'bill' AND {these}")

    async def told(self, wanted: Wanted) -> AsyncIterator[dict[str, Any]]:
        """Yield every row about the person as columns by name, in the order of the streams."""
        where, asked = _where(wanted, None)
        query = TOLD.format(where=where, limit=TOLD_AT_ONCE)
        partition = seq = idx = 0
        while True:
            place = {"partition": partition, "seq": seq, "idx": idx}
            async with reached():
                found = await (await self._connected()).query(
                    query, parameters=asked | place, settings=UNLOGGED
                )
            for row in found.named_results():
                yield row
                partition, seq, idx = row["partition"], row["seq"], row["idx"]
            if len(found.result_rows) < TOLD_AT_ONCE:
                return

    async def _rows(self, query: str, asked: dict[str, Any]) -> Sequence[Sequence[Any]]:
        async with reached():
            connected = await self._connected()
            return (await connected.query(query, parameters=asked, settings=UNLOGGED)).result_rows

    async def _mutate(self, statement: str) -> None:
        async with reached():
            await (await self._connected()).command(statement, settings=AWAITED)

    async def _connected(self) -> AsyncClient:
        async with self._opening:
            if self._client is None:
                self._client = await client(self._url)
            return self._client


def _where(wanted: Wanted, cuts: Mapping[int, int] | None) -> tuple[str, dict[str, Any]]:
    asked: dict[str, Any] = {"tenant": wanted.tenant, "players": list(wanted.players)}
    if cuts is None:
        return THEIRS, asked
    return f"{THEIRS} AND {BEFORE}", asked | {
        "partitions": list(cuts) or [0],
        "cuts": list(cuts.values()) or [0],
    }
