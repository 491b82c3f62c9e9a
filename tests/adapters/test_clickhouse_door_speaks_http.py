"""ClickHouse's own clients, and some that are not well behaved, at the door."""

import asyncio
import io
import os
import signal
import struct
import subprocess
import sys
import time
import uuid
from urllib.parse import urlsplit

import aiohttp
import clickhouse_connect
import pytest
from aiohttp import web
from clickhouse_connect.driver.exceptions import DatabaseError

from adapters.clickhouse_door import BODY_BYTES_MAX, Listener
from ops import engines
from tests.engines import HOUSE, free_port, running

pytestmark = pytest.mark.engines
ROWS = b"".join(struct.pack("<Q", n) + b"\x05hello" for n in range(10_000))
CREATE = "CREATE TABLE {} (n UInt64, s String) ENGINE = MergeTree ORDER BY n"
COUNT = "SELECT count() FROM {t:Identifier}"
DEDUPLICATED = CREATE + " SETTINGS non_replicated_deduplication_window = 100"


@pytest.fixture
def at(clickhouse_url):
    parts = urlsplit(clickhouse_url)
    return {"host": parts.hostname, "port": parts.port, "database": "cx"}


@pytest.fixture
def client(at):
    made = clickhouse_connect.get_client(**at)
    yield made
    made.close()


@pytest.fixture
def table(client):
    name = f"t{uuid.uuid4().hex}"
    client.command(DEDUPLICATED.format(name))
    yield name
    client.command(f"DROP TABLE {name}")


def test_the_normal_sync_client_reads_and_writes(client, table):
    assert client.insert(table, [[1, "one"], [2, "it's\n\\"]], ["n", "s"]).written_rows == 2
    asked = "SELECT n, s FROM {t:Identifier} WHERE s = {s:String}"
    found = client.query(asked, parameters={"t": table, "s": "it's\n\\"})
    assert found.result_rows == [(2, "it's\n\\")]
    empty = client.query("SELECT * FROM {t:Identifier} LIMIT 0", parameters={"t": table})
    assert empty.column_names == ("n", "s")
    assert client.command(COUNT, {"t": table}) == 2
    assert client.command("SELECT timezone()") == "UTC"


@pytest.mark.parametrize("compress", [True, False, "lz4", "zstd"])
async def test_the_normal_async_client_reads_and_writes(at, table, compress):
    async with await clickhouse_connect.get_async_client(**at, compress=compress) as client:
        done = await client.insert(table, [[1, "x" * 10_000]] * 50, ["n", "s"])
        assert done.written_rows == 50
        asked = "SELECT count(), any(length(s)) FROM {t:Identifier}"
        found = await client.query(asked, parameters={"t": table})
        assert found.result_rows == [(50, 10_000)]


async def test_a_block_with_a_token_goes_in_once(at, table):
    async with await clickhouse_connect.get_async_client(**at) as client:
        for name in ("a", "b", "a", "b"):
            token = {"insert_deduplication_token": name}
            await client.raw_insert(table, insert_block=ROWS, fmt="RowBinary", settings=token)
        assert await client.command(COUNT, {"t": table}) == 20_000


def test_settings_of_one_request_do_not_reach_the_next(client):
    asked = "SELECT getSetting('max_block_size')"
    assert client.command(asked, settings={"max_block_size": 77}) == 77
    assert all(client.command(asked) != 77 for _ in range(20))


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT FROM WHERE", 62),
        ("SELECT * FROM nowhere", 60),
        ("SELECT throwIf(number = 900000) FROM numbers(1000000)", 395),
        ("SELECT 1 SETTINGS no_such_setting = 1", 115),
        ("SET max_threads = 1", 36),
    ],
)
def test_a_failing_statement_is_an_error_with_its_code(client, query, code):
    with pytest.raises(DatabaseError) as caught:
        client.query(query) if "SET " not in query else client.command(query)
    assert caught.value.code == code


def test_half_a_row_inserts_nothing(client, table):
    with pytest.raises(DatabaseError) as caught:
        client.raw_insert(table, insert_block=ROWS[:-3], fmt="RowBinary")
    assert caught.value.code == 33
    assert client.command(COUNT, {"t": table}) == 0


async def test_bad_requests_are_answered_not_run(clickhouse_url):
    async with aiohttp.ClientSession(clickhouse_url) as session:

        async def status(method, **request):
            async with session.request(method, "/", **request) as answer:
                return answer.status, await answer.text()

        assert (await status("POST", data=b""))[0] == 400
        assert (await status("POST", data=b"SELECT '\xff'"))[0] == 400
        assert (await status("GET", params={"query": "DROP TABLE x"}))[0] == 403
        assert (await status("POST", data=b"SELECT 1", params={"compress": "1"}))[0] == 400
        assert (await status("POST", data=b"SELECT 1", headers={"Origin": "http://x"}))[0] == 403
        packed = {"Content-Encoding": "lz4"}
        assert (await status("POST", data=b"nonsense", headers=packed))[0] == 400
        assert (await status("POST", data=io.BytesIO(bytes(BODY_BYTES_MAX + 1))))[0] == 413
        assert await status("POST", data=b"SELECT 1 FORMAT CSV") == (200, "1\n")
        assert await status("GET", params={"query": "SELECT 2"}) == (200, "2\n")


async def test_inserts_do_not_wait_behind_long_reads(at, table):
    async with await clickhouse_connect.get_async_client(**at) as client:
        slow = "SELECT sum(cityHash64(number)) FROM numbers(100000000000)"
        limit = {"max_execution_time": 2, "max_threads": 1}
        reads = [asyncio.create_task(client.query(slow, settings=limit)) for _ in range(6)]
        started = time.monotonic()
        await client.raw_insert(table, insert_block=ROWS, fmt="RowBinary")
        assert time.monotonic() - started < 1.0
        found = await asyncio.gather(*reads, return_exceptions=True)
        assert all(isinstance(one, DatabaseError) and one.code == 159 for one in found)


async def test_a_connection_that_never_speaks_is_closed():
    async def hello(_request):
        return web.Response(text="hello")

    listener = Listener(header_s_max=0.2)
    app = web.Application(middlewares=[listener.heard])
    app.router.add_get("/", hello)
    runner = web.AppRunner(app)
    await runner.setup()
    factory = listener.connections(runner.server)
    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        assert (await session.get("/")).status == 200
        assert await asyncio.wait_for(reader.read(), 5) == b""
        assert (await session.get("/")).status == 200
    writer.close()
    server.close()
    await runner.cleanup()


def test_a_second_process_is_told_who_has_the_directory(tmp_path):
    engine = engines.clickhouse(tmp_path, free_port())
    with running(engine, tmp_path / "door.log") as process:
        second = [sys.executable, "-m", "adapters.clickhouse_door", "--dir", str(tmp_path)]
        ended = subprocess.run(
            [*second, "--port", str(free_port())],
            check=False,
            capture_output=True,
            text=True,
            cwd=HOUSE,
            timeout=20,
        )
    assert ended.returncode == 1
    assert f"already open in the process {process.pid}" in ended.stderr


@pytest.mark.faults
def test_what_was_answered_survives_a_kill(tmp_path):
    engine = engines.clickhouse(tmp_path, free_port())
    at = {"host": "127.0.0.1", "port": engine.port, "database": "cx"}
    with running(engine, tmp_path / "door.log") as process:
        client = clickhouse_connect.get_client(**at)
        client.command(CREATE.format("t"))
        for _ in range(5):
            client.raw_insert("t", insert_block=ROWS, fmt="RowBinary")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    with running(engine, tmp_path / "door.log"):
        assert client.command("SELECT count() FROM t") == 50_000
        client.close()


@pytest.mark.faults
async def test_it_stops_within_five_seconds_though_a_read_runs(tmp_path):
    engine = engines.clickhouse(tmp_path, free_port())
    with running(engine, tmp_path / "door.log") as process:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{engine.port}") as session:
            slow = "SELECT sum(cityHash64(number)) FROM numbers(100000000000)"
            reading = asyncio.create_task(session.post("/", data=slow))
            assert await (await session.get("/ping")).text() == "Ok.\n"
            started = time.monotonic()
            process.terminate()
            assert await asyncio.to_thread(process.wait, 10) == 0
            assert time.monotonic() - started < 5.5
            with pytest.raises(aiohttp.ClientError):
                await reading
