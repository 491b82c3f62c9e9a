"""The publisher against a real NATS: URLs, credentials, streams, outages."""

import asyncio
import contextlib
import os
import signal

import nats
import pytest

from hotpath.publisher import Publisher, PublisherSettings, Server, servers_of, stream_config
from hotpath.publisher_cy import Link, Waiting
from ops import engines
from tests.engines import free_port, running

PATIENCE_S = 10


@pytest.mark.parametrize(
    ("url", "servers"),
    [
        ("nats://h", [Server("h", 4222, {})]),
        ("nats://u:p%40@h:1", [Server("h", 1, {"user": "u", "pass": "p@"})]),
        ("nats://tok@h:1", [Server("h", 1, {"auth_token": "tok"})]),
        ("nats://a:1, nats://b:2", [Server("a", 1, {}), Server("b", 2, {})]),
    ],
)
def test_urls_name_servers_and_credentials(url, servers):
    assert servers_of(url) == servers


@pytest.mark.parametrize("url", ["", "http://h", "nats://", "tls://h"])
def test_other_urls_are_refused(url):
    with pytest.raises(ValueError, match="not a nats"):
        servers_of(url)


class Kept(Waiting):
    """Keeps what it is told."""

    def __init__(self):
        self.said = asyncio.get_running_loop().create_future()

    def answered(self, body):
        self.said.set_result(body)

    def lost(self, why):
        self.said.set_result(why)


@contextlib.asynccontextmanager
async def publishing(url, **settings):
    links = asyncio.Queue()
    publisher = Publisher(PublisherSettings(url=url, **settings), on_link=links.put_nowait)
    task = asyncio.create_task(publisher.run())
    try:
        yield publisher, links
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def next_link(links):
    async with asyncio.timeout(PATIENCE_S):
        while (link := await links.get()) is None:
            pass
        return link


async def publish(link, subject, payload=b"x"):
    kept = Kept()
    link.publish(subject, payload, kept)
    async with asyncio.timeout(PATIENCE_S):
        return await kept.said


@pytest.mark.engines
async def test_streams_are_made_as_configured_and_left_alone(nats_url):
    for _ in range(2):
        async with publishing(nats_url, partitions=2) as (publisher, links):
            await next_link(links)
            assert publisher.streams_present
    client = await nats.connect(nats_url)
    config = (await client.jetstream().stream_info("FACTS_01")).config
    await client.close()
    wanted = stream_config(1, PublisherSettings(url=nats_url))
    assert config.subjects == wanted["subjects"] == ["facts.01.*"]
    assert (config.max_age, config.duplicate_window) == (259_200, 120)
    assert (config.storage, config.discard, config.num_replicas) == ("file", "old", 1)


@pytest.mark.engines
async def test_an_ack_names_the_sequence(nats_url):
    async with publishing(nats_url) as (_, links):
        link = await next_link(links)
        assert b'"seq":' in await publish(link, b"facts.00.test")


@pytest.mark.engines
async def test_a_subject_nobody_takes_is_an_error_at_once(nats_url):
    async with publishing(nats_url) as (_, links):
        link = await next_link(links)
        assert b"error" in await publish(link, b"elsewhere")


@pytest.mark.engines
async def test_who_waits_too_long_is_told(nats_url):
    async with publishing(nats_url) as (_, links):
        link = await next_link(links)
        kept = Kept()
        link.publish(b"facts.00.test", b"x", kept)
        link.expire(2**62)
        assert await kept.said == "no acknowledgement in time"


@pytest.mark.engines
async def test_a_large_batch_arrives_whole(nats_url):
    async with publishing(nats_url) as (_, links):
        link = await next_link(links)
        assert b'"seq":' in await publish(link, b"facts.00.test", bytes(700_000))


@pytest.mark.engines
@pytest.mark.faults
async def test_a_killed_server_fails_who_waits_and_is_found_again(tmp_path):
    port = free_port()
    engine = engines.nats(tmp_path / "nats", port)
    async with publishing(f"nats://127.0.0.1:1,nats://127.0.0.1:{port}") as (publisher, links):
        with running(engine, tmp_path / "log") as process:
            link = await next_link(links)
            assert publisher.state == "connected"
            os.kill(process.pid, signal.SIGSTOP)
            kept = Kept()
            link.publish(b"facts.00.test", b"x", kept)
            os.kill(process.pid, signal.SIGKILL)
            async with asyncio.timeout(PATIENCE_S):
                assert isinstance(await kept.said, str)
            process.wait()
        assert await publish(link, b"facts.00.test") == "not connected"
        with running(engine, tmp_path / "log"):
            assert b'"seq":' in await publish(await next_link(links), b"facts.00.test")


@pytest.mark.engines
async def test_credentials_are_presented(tmp_path):
    port = free_port()
    engine = engines.nats(tmp_path / "nats", port)
    conf = tmp_path / "nats" / "nats.conf"
    conf.write_text(conf.read_text() + 'authorization: {user: "cx", password: "s:cret"}\n')
    with running(engine, tmp_path / "log"):
        async with publishing(f"nats://cx:s%3Acret@127.0.0.1:{port}") as (_, links):
            await next_link(links)
        async with publishing(f"nats://cx:wrong@127.0.0.1:{port}") as (publisher, links):
            assert await links.get() is None
            assert "Authorization Violation" in publisher.state


async def test_messages_split_anywhere_are_understood():
    loop = asyncio.get_running_loop()
    said = (
        b'INFO {"server_id":"x"}\r\nPONG\r\n+OK\r\nPING\r\n'
        b"MSG _INBOX.me.1 1 5\r\na\r\nbc\r\nHMSG _INBOX.me.2 1 12 12\r\nNATS/1.0\r\n\r\n\r\n"
        b"MSG _INBOX.me.9 1 reply.to 1\r\nx\r\n-ERR 'stale'\r\n"
    )
    for size in range(1, len(said)):
        link, wire = Link(loop, "me", {}), _Wire()
        link.connection_made(wire)
        one, two = Kept(), Kept()
        link.publish(b"s", b"p", one)
        link.publish(b"s", b"p", two)
        for start in range(0, len(said), size):
            link.data_received(said[start : start + size])
        assert one.said.result() == b"a\r\nbc"
        assert b"error" in two.said.result()
        assert link.error == "'stale'"
        assert wire.written.endswith(b"PONG\r\n")
        assert b"PUB s _INBOX.me.1 1\r\np\r\n" in wire.written
        link.connection_lost(None)


class _Wire(asyncio.Transport):
    """A transport that keeps what is written."""

    written = b""

    def write(self, data):
        self.written += data

    def writelines(self, parts):
        self.written += b"".join(parts)

    def abort(self):
        """Be cut."""
