"""What the PostgreSQL event log promises beyond the contract: outages, evidence, neighbours."""

import asyncio
import warnings

import psycopg
import pytest

from adapters import postgres_statements as sql
from adapters.postgres_log import PostgresEventLog
from commands.ports import LogUnreachable, Overtaken
from tests.contracts.logs import DEADLINE_S, entry, followed
from tests.contracts.losing import losing_wire
from tests.people import ACME, GLOBEX


@pytest.fixture
def url(postgres):
    return postgres.schema()


@pytest.fixture
async def log(url):
    async with PostgresEventLog(url) as log:
        yield log


def tamper(url, *statements):
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def hang_up(url):
    """End our connections to the server, as a restart or a lost network does; returns how many."""
    with psycopg.connect(url, autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'campaign-express'"
        )
        return len(ended.fetchall())


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (
            """UPDATE stored_events SET state = overlay(state PLACING 'HELLO'::bytea
            FROM position('hello'::bytea IN state)) WHERE notification_id = 2""",
            "its content is not what was sealed",
        ),
        (
            "UPDATE stored_events SET topic = 'untold.v1' WHERE notification_id = 2",
            "its content is not what was sealed",
        ),
        ("UPDATE stored_events SET state = '' WHERE notification_id = 2", "it cannot be read"),
        (
            "DELETE FROM stored_events WHERE notification_id = 2",
            "version 2 is missing: this is 3",
        ),
        (
            "DELETE FROM stored_events WHERE notification_id = 4",
            "position 4 is missing: this is 5",
        ),
    ],
)
async def test_whoever_touches_history_is_found_out(url, log, statement, problem):
    await log.append(ACME, "campaign-1", [entry(), entry(), entry()], after=0)
    await log.append(GLOBEX, "campaign-1", [entry()], after=0)
    await log.append(ACME, "campaign-2", [entry()], after=0)
    tamper(url, statement)
    assert problem in {finding.problem for finding in (await log.verify()).findings}


async def test_one_stream_can_be_examined_up_to_its_damage(url, log):
    await log.append(ACME, "campaign-1", [entry(), entry(), entry()], after=0)
    tamper(url, "UPDATE stored_events SET state = '' WHERE notification_id = 2")
    verification = await log.verify(ACME, "campaign-1")
    assert [finding.version for finding in verification.findings] == [2]
    with pytest.raises(LogUnreachable):
        await log.read(ACME, "campaign-1")
    assert await log.append(ACME, "campaign-1", [entry()], after=3) == (4, 4)


async def test_appends_that_failed_leave_no_hole_in_the_positions(url, log):
    await log.append(ACME, "campaign-1", [entry()], after=0)
    with pytest.raises(Overtaken):
        await log.append(ACME, "campaign-1", [entry()], after=0)
    tamper(url, "ALTER TABLE stored_events ADD CONSTRAINT shut CHECK (notification_id < 2)")
    with pytest.raises(LogUnreachable):
        await log.append(ACME, "campaign-1", [entry()], after=1)
    tamper(url, "ALTER TABLE stored_events DROP CONSTRAINT shut")
    assert await log.append(ACME, "campaign-1", [entry()], after=1) == (2, 2)


async def test_a_log_whose_table_is_gone_says_so_and_recovers(url, log):
    await log.append(ACME, "campaign-1", [entry()], after=0)
    tamper(url, "ALTER TABLE stored_events RENAME TO hidden")
    with pytest.raises(LogUnreachable):
        await log.append(ACME, "campaign-1", [entry()], after=1)
    with pytest.raises(LogUnreachable):
        await log.read(ACME, "campaign-1")
    with pytest.raises(LogUnreachable):
        await log.after(0, limit=1)
    tamper(url, "ALTER TABLE hidden RENAME TO stored_events")
    assert await log.append(ACME, "campaign-1", [entry()], after=1) == (2, 2)


async def test_a_server_that_is_not_there_is_unreachable():
    with pytest.raises(LogUnreachable):
        async with PostgresEventLog("postgresql://cx@127.0.0.1:1/cx"):
            pass


async def test_connections_that_are_cut_are_replaced_without_a_word(url, log):
    await log.append(ACME, "campaign-1", [entry()], after=0)
    following = asyncio.create_task(followed(log, count=3))
    await log.read(ACME, "campaign-1")
    assert hang_up(url) == 3  # the writer's, a reader's and the listener's
    assert await log.append(ACME, "campaign-1", [entry()], after=1) == (2, 2)
    assert hang_up(url) > 0
    assert len(await log.read(ACME, "campaign-1")) == 2
    await log.append(ACME, "campaign-1", [entry()], after=2)
    assert [event.version for event in await following] == [1, 2, 3]


async def test_appends_cut_off_in_the_middle_are_there_once(url, log):
    """Each is either answered and there, or neither: also when only the answer was lost."""
    written, cuts = {}, 0

    async def write(number):
        version = 0
        while version < 30:
            try:
                await log.append(ACME, f"campaign-{number}", [entry()], after=version)
            except LogUnreachable:
                version = len(await log.read(ACME, f"campaign-{number}"))
                continue
            version += 1
        written[number] = version

    async def cut():
        nonlocal cuts
        while len(written) < 8:
            await asyncio.sleep(0.03)
            cuts += await asyncio.to_thread(hang_up, url)

    async with asyncio.timeout(DEADLINE_S):
        await asyncio.gather(cut(), *(write(number) for number in range(8)))
    assert await log.verify() == (240, 8, ())
    assert cuts > 0


async def test_an_append_whose_answer_was_lost_is_answered_and_there_once(url, postgres):
    async with losing_wire(postgres.port, b"COMMIT") as (port, losing):
        wire = url.replace(str(postgres.port), str(port))
        async with PostgresEventLog(wire) as log:
            losing.set()
            appends = [log.append(ACME, f"campaign-{n}", [entry(), entry()], after=0) for n in "ab"]
            assert await asyncio.gather(*appends) == [(2, 2), (2, 4)]
            assert not losing.is_set()
            assert await log.append(ACME, "campaign-a", [entry()], after=2) == (3, 5)
            assert await log.verify() == (5, 2, ())


async def test_a_writer_that_froze_in_its_turn_is_passed_by(url, log):
    frozen = await psycopg.AsyncConnection.connect(url)
    await frozen.execute("SET idle_in_transaction_session_timeout = '300ms'")
    await frozen.execute(sql.TURN)
    async with asyncio.timeout(5):
        assert await log.append(ACME, "campaign-1", [entry()], after=0) == (1, 1)
    await frozen.close()


async def test_a_commit_reaches_the_disk_even_where_the_cluster_would_not_wait(url):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER ROLE cx SET synchronous_commit = off")
    try:
        async with PostgresEventLog(url) as log:
            await log.append(ACME, "campaign-1", [entry()], after=0)
            connection = await log._writer._line.connection()
            cursor = await connection.execute("SHOW synchronous_commit")
            assert await cursor.fetchone() == ("on",)
    finally:
        tamper(url, "ALTER ROLE cx RESET synchronous_commit")


async def test_schemas_of_one_database_are_logs_apart(postgres):
    async with (
        PostgresEventLog(postgres.schema()) as one,
        PostgresEventLog(postgres.schema()) as other,
    ):
        await one.append(ACME, "campaign-1", [entry(), entry()], after=0)
        assert await other.append(ACME, "campaign-1", [entry()], after=0) == (1, 1)
        assert [len(await log.after(0, limit=9, wait_s=0.01)) for log in (one, other)] == [2, 1]


async def test_tls_that_the_url_demands_is_not_done_without(postgres):
    """The server of the wheel speaks none, so that is as far as a test can go."""
    url = postgres.schema() + "&sslmode=require"
    with pytest.raises(LogUnreachable, match="SSL"):
        async with PostgresEventLog(url):
            pass


async def test_a_role_that_may_not_create_tables_may_still_keep_events(url):
    async with PostgresEventLog(url):
        schema = url.rpartition("%3D")[2]
    role = f"clerk_{schema}"
    tamper(
        url,
        f"CREATE ROLE {role} LOGIN",
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        f"GRANT SELECT, INSERT ON stored_events TO {role}",
    )
    async with PostgresEventLog(url.replace("cx@", f"{role}@")) as log:
        await log.append(ACME, "campaign-1", [entry()], after=0)
        assert len(await log.after(0, limit=10)) == 1


async def test_the_recorder_of_eventsourcing_reads_the_same_table(url, log, postgres):
    with warnings.catch_warnings(action="ignore"):
        from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore  # noqa: PLC0415 - it warns
    await log.append(ACME, "campaign-1", [entry(), entry()], after=0)
    with PostgresDatastore(
        dbname="postgres",
        host="127.0.0.1",
        port=postgres.port,
        user="cx",
        password="",
        schema=url.rpartition("%3D")[2],
        originator_id_type="text",
    ) as datastore:
        recorder = PostgresApplicationRecorder(datastore)
        told = recorder.select_notifications(start=1, limit=10)
    assert [(each.id, each.originator_id, each.originator_version) for each in told] == [
        (1, "campaign-acme.1", 1),
        (2, "campaign-acme.1", 2),
    ]
    assert {each.topic for each in told} == {"told.v1"}
