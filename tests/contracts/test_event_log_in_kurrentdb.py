"""What the KurrentDB event log promises beyond the contract: its names, outages, neighbours."""

import asyncio
import json
import uuid

import pytest
from kurrentdbclient import AsyncKurrentDBClient, NewEvent, StreamState

from adapters.kurrentdb_log import KurrentDBEventLog
from commands.ports import LogUnreachable, Overtaken, TooMuchForOneEvent
from ops.obstacle import BadSettings
from ops.settings import Settings
from ops.wiring import log_at
from tests.contracts.certificates import self_signed
from tests.contracts.logs import DEADLINE_S, REAL_KURRENTDB, entry, followed, namespaced
from tests.engines import free_port, running
from tests.engines import kurrent_peer as peer_engine
from tests.people import ACME, GLOBEX


@pytest.fixture(params=["peer", "server"] if REAL_KURRENTDB else ["peer"])
def database(request):
    return REAL_KURRENTDB if request.param == "server" else request.getfixturevalue("kurrent_peer")


@pytest.fixture
async def client(database):
    async with AsyncKurrentDBClient(database) as client:
        yield client


@pytest.fixture
def url(database):
    return namespaced(database)


@pytest.fixture
async def log(url):
    async with KurrentDBEventLog(url) as log:
        yield log


async def foreign(client, stream, kind="order.placed", metadata=b""):
    """Write what is none of our business, as another application would."""
    event = NewEvent(type=kind, data=b'{"a":1}', metadata=metadata)
    await client.append_to_stream(stream, events=[event], current_version=StreamState.ANY)


@pytest.mark.skipif(not REAL_KURRENTDB, reason="CX_TEST_KURRENTDB_URL names no KurrentDB server")
async def test_a_real_server_is_held_to_the_same_suite():
    async with KurrentDBEventLog(namespaced(REAL_KURRENTDB)) as log:
        assert await log.head() == 0


async def test_streams_and_events_have_the_names_that_kurrentdb_knows_to_use(url, log, client):
    told = entry()
    await log.append(ACME, "campaign-1", [told], after=0)
    name = f"{url.partition('namespace=')[2]}:campaign-acme.1"
    (event,) = await client.get_stream(name)
    assert (event.type, event.data, event.content_type) == (
        "told.v1",
        told.data,
        "application/json",
    )
    metadata = json.loads(event.metadata)
    assert metadata["event_id"] == told.event_id
    assert metadata["$correlationId"] == "request-1"


async def test_events_of_others_are_passed_over(url, log, client):
    namespace = url.partition("namespace=")[2]
    await log.append(ACME, "campaign-1", [entry()], after=0)
    following = asyncio.create_task(followed(log, count=3))
    for stream in ("order-1", "campaign-acme.1", f"{namespace}x:campaign-acme.1", "plain"):
        await foreign(client, stream)
    await log.append(ACME, "campaign-1", [entry(kind="told.Snapshot"), entry()], after=1)
    assert [event.version for event in await following] == [1, 2, 3]
    assert await log.head() == (await log.read(ACME, "campaign-1"))[-1].position
    assert await log.verify() == (3, 1, ())


async def test_namespaces_are_logs_apart(database):
    async with (
        KurrentDBEventLog(namespaced(database)) as one,
        KurrentDBEventLog(namespaced(database)) as other,
    ):
        await one.append(ACME, "campaign-1", [entry(), entry()], after=0)
        await other.append(ACME, "campaign-1", [entry()], after=0)
        assert [len(await log.after(0, limit=9, wait_s=0.01)) for log in (one, other)] == [2, 1]


async def test_an_event_in_our_streams_that_is_not_ours_is_found_out(url, log, client):
    await log.append(ACME, "campaign-1", [entry()], after=0)
    await foreign(client, f"{url.partition('namespace=')[2]}:campaign-acme.1")
    verification = await log.verify()
    assert [finding.version for finding in verification.findings] == [2]
    with pytest.raises(LogUnreachable):
        await log.read(ACME, "campaign-1")
    with pytest.raises(LogUnreachable):
        await log.after(0, limit=10)


async def test_two_who_append_the_same_event_at_once_do_not_both_win(url):
    """The server says yes to an event id that it has seen at that version; we do not."""
    told = entry()
    async with KurrentDBEventLog(url) as one, KurrentDBEventLog(url) as other:
        await one.append(ACME, "campaign-1", [told], after=0)
        with pytest.raises(Overtaken):
            await other.append(ACME, "campaign-1", [told], after=0)


async def test_an_append_the_server_finds_too_large_is_refused(log):
    half = b'"' + b"x" * 600_000 + b'"'
    with pytest.raises(TooMuchForOneEvent):
        await log.append(ACME, "campaign-1", [entry(half), entry(half)], after=0)
    assert list(await log.read(ACME, "campaign-1")) == []


async def test_a_position_that_is_no_events_own_leads_to_what_comes_after_it(log):
    for version in range(3):
        await log.append(ACME, "campaign-1", [entry()], after=version)
    first, *rest = await log.after(0, limit=10)
    assert list(await log.after(first.position + 1, limit=10)) == rest
    assert list(await log.after(first.position - 1, limit=2)) == [first, rest[0]]
    assert len(await log.after(-1, limit=10)) == 3


async def test_a_quiet_log_keeps_its_place_while_others_write(client, log):
    """Checkpoints move the subscription on, so that nothing foreign is gone through twice."""
    await log.append(ACME, "campaign-1", [entry()], after=0)
    position = (await log.after(0, limit=1, wait_s=DEADLINE_S))[0].position
    noise = [NewEvent(type="noise", data=b"{}") for _ in range(400)]
    name = f"noise-{uuid.uuid4().hex}"
    await client.append_to_stream(name, events=noise, current_version=StreamState.NO_STREAM)
    async with asyncio.timeout(DEADLINE_S):
        while (log._ear._mark or 0) <= position:
            await log.after(position, limit=1, wait_s=0.05)
    await log.append(ACME, "campaign-1", [entry()], after=1)
    (heard,) = await log.after(position, limit=9, wait_s=DEADLINE_S)
    assert heard.version == 2


@pytest.mark.parametrize("scheme", ["kurrentdb", "esdb"])
async def test_both_names_of_the_database_lead_there(kurrent_peer, scheme):
    url = namespaced(kurrent_peer.replace("kurrentdb", scheme, 1))
    async with log_at(Settings(event_log_url=url)) as log:
        assert await log.append(GLOBEX, "campaign-1", [entry()], after=0)


@pytest.mark.parametrize(
    "url",
    [
        "kurrentdb://127.0.0.1:2113",  # TLS wants a user
        "kurrentdb://127.0.0.1:2113?tls=perhaps",
        "kurrentdb://127.0.0.1:2113?tls=false&namespace=a:b",
        "kurrentdb://ana:secret-1@127.0.0.1:2113?colour=red",
        "kurrentdb://ana:secret-1@127.0.0.1:2113?tlsCaFile=/nowhere.pem",
    ],
)
def test_a_url_that_makes_no_sense_is_told_without_its_password(url):
    with pytest.raises(BadSettings) as told:
        log_at(Settings(event_log_url=url))
    assert "event_log_url" in str(told.value)
    assert "secret-1" not in str(told.value)


async def test_a_server_that_is_not_there_is_unreachable():
    with pytest.raises(LogUnreachable):
        async with KurrentDBEventLog("kurrentdb://127.0.0.1:1?tls=false"):
            pass


async def test_the_log_goes_on_when_the_server_came_back(tmp_path):
    engine = peer_engine(free_port(), str(tmp_path / "kept"))
    with running(engine, tmp_path / "peer.log"):
        log = KurrentDBEventLog(f"kurrentdb://127.0.0.1:{engine.port}?tls=false")
        await log.append(ACME, "campaign-1", [entry()], after=0)
        (first,) = await log.after(0, limit=5, wait_s=DEADLINE_S)
    with pytest.raises(LogUnreachable):
        await log.append(ACME, "campaign-1", [entry()], after=1)
    with pytest.raises(LogUnreachable):
        await log.read(ACME, "campaign-1")
    with pytest.raises(LogUnreachable):
        await log.after(first.position, limit=5, wait_s=0.1)
    with running(engine, tmp_path / "peer.log"):
        following = asyncio.create_task(log.after(first.position, limit=5, wait_s=DEADLINE_S))
        assert (await log.append(ACME, "campaign-1", [entry()], after=1)).version == 2
        (second,) = await following
        assert (second.version, second.previous) == (2, first.hash)
        await log.aclose()


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    certificate = self_signed(tmp_path_factory.mktemp("tls"))
    credentials = f"{certificate / 'ca.pem'}:{certificate / 'key.pem'}:ana:change it"
    engine = peer_engine(free_port(), "", credentials)
    with running(engine, tmp_path_factory.mktemp("secured") / "peer.log"):
        yield f"localhost:{engine.port}?tls=true&tlsCaFile={certificate / 'ca.pem'}"


async def test_tls_and_credentials_come_from_the_url(secured):
    async with KurrentDBEventLog(f"kurrentdb://ana:change%20it@{secured}") as log:
        await log.append(ACME, "campaign-1", [entry()], after=0)
        assert len(await log.after(0, limit=5, wait_s=DEADLINE_S)) == 1


async def test_wrong_credentials_are_told(secured):
    with pytest.raises(LogUnreachable, match="Unauthenticated"):
        async with KurrentDBEventLog(f"kurrentdb://ana:wrong@{secured}"):
            pass


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(secured):
    untrusting = secured.partition("&tlsCaFile")[0]
    with pytest.raises(LogUnreachable):
        async with KurrentDBEventLog(f"kurrentdb://ana:change%20it@{untrusting}"):
            pass
