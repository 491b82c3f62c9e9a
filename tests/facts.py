"""Facts as the hot path would write them, and streams to put them into."""

import asyncio
import datetime as dt
import hashlib
import time
import uuid
from contextlib import asynccontextmanager

from adapters import clickhouse, jetstream
from adapters.facts_ingest import FactsIngest
from hotpath.facts import Batch, encode_row, fresh_event_id

NOW_US = int(time.time()) * 1_000_000
TODAY = dt.datetime.fromtimestamp(NOW_US / 1e6, tz=dt.UTC).date()
DAY_US = 86_400_000_000


def event_id(name: str) -> bytes:
    return hashlib.blake2b(name.encode(), digest_size=16).digest()


def pixel(kind: str, name: str, *, tenant: str = "acme", at_us: int = NOW_US, **columns) -> bytes:
    return encode_row(event_id(f"{tenant}/{kind}/{name}"), tenant, kind, at_us, **columns)


def bill(name: str, *, tenant: str = "acme", micros: int = 2500, at_us: int = NOW_US, **columns):
    columns = {"campaign": "spring", "currency": "USD"} | columns
    return encode_row(
        event_id(f"{tenant}/bill/{name}"), tenant, "bill", at_us, amount_micros=micros, **columns
    )


def bid(kind: str = "bid", *, tenant: str = "acme", at_us: int = NOW_US, **columns) -> bytes:
    return encode_row(fresh_event_id(), tenant, kind, at_us, **columns)


def batch(*rows: bytes) -> bytes:
    framed = Batch()
    for row in rows:
        framed.add(row)
    return framed.take()


async def until(claim, *, within_s: float = 20.0):
    """Return what `claim` returns once it is true; fail when it never is."""
    deadline = time.monotonic() + within_s
    while not (found := await claim()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s")
        await asyncio.sleep(0.02)
    return found


@asynccontextmanager
async def database(door_url: str):
    """A database of its own with the newest schema; yields (url, client)."""
    url = f"{door_url}/t{uuid.uuid4().hex}"
    await clickhouse.prepare(url)
    client = await clickhouse.client(url)
    try:
        yield url, client
    finally:
        await client.command(f"DROP DATABASE {url.rsplit('/', 1)[1]}")
        await client.close()


@asynccontextmanager
async def streams(nats_url: str, partitions: int = 1):
    connection = await jetstream.connected(nats_url)
    try:
        await jetstream.prepare_streams(connection, partitions)
        yield connection
    finally:
        await connection.close()


async def publish(connection, *payloads: bytes, partition: int = 0, tenant: str = "acme"):
    context = connection.jetstream()
    for payload in payloads:
        await context.publish(jetstream.facts_subject(partition, tenant), payload)


async def scalar(client, query: str):
    rows = (await client.query(query)).result_rows
    return rows[0][0] if len(rows[0]) == 1 else rows[0]


@asynccontextmanager
async def ingesting(clickhouse_url, nats_url):
    stop = asyncio.Event()
    ingest = FactsIngest(clickhouse_url=clickhouse_url, nats_url=nats_url)
    task = asyncio.create_task(ingest.run(stop))
    try:
        yield ingest.figures[0]
    finally:
        stop.set()
        await task
