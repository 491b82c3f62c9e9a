"""Schema steps are applied in order, once, and never change behind our back."""

import asyncio

import pytest

from adapters import clickhouse
from migrations.runner import SchemaRefused, Step, migrate, packaged
from tests.facts import database, scalar

FIRST = Step("0001_a.sql", "-- why\nCREATE TABLE IF NOT EXISTS a (n UInt8) ENGINE = Memory;\n")
SECOND = Step("0002_b.sql", "ALTER TABLE a ADD COLUMN IF NOT EXISTS m UInt8;\n")


class Notebook:
    """A database that only keeps the ledger and what it was told."""

    def __init__(self):
        self.told = []
        self.steps = {}

    async def command(self, sql, parameters=None):
        if parameters:
            self.steps[parameters["name"]] = parameters["checksum"]
        elif "schema_steps" not in sql:
            self.told.append(sql)

    async def rows(self, _sql):
        return sorted(self.steps.items())


async def test_what_is_missing_is_applied_in_order_and_once():
    notebook = Notebook()
    assert await migrate(notebook, [FIRST]) == ["0001_a.sql"]
    assert await migrate(notebook, [FIRST, SECOND]) == ["0002_b.sql"]
    assert await migrate(notebook, [FIRST, SECOND]) == []
    assert [sql.split()[0] for sql in notebook.told] == ["CREATE", "ALTER"]


async def test_an_edited_step_is_refused_in_a_sentence():
    notebook = Notebook()
    await migrate(notebook, [FIRST])
    edited = Step(FIRST.name, FIRST.text.replace("UInt8", "UInt16"))
    with pytest.raises(SchemaRefused, match=r"0001_a.sql was edited .* as a new step"):
        await migrate(notebook, [edited, SECOND])
    assert len(notebook.told) == 1


async def test_a_newer_version_may_have_been_here_before():
    notebook = Notebook()
    await migrate(notebook, [FIRST, SECOND])
    assert await migrate(notebook, [FIRST]) == []


async def test_a_step_slipped_in_behind_is_refused():
    notebook = Notebook()
    notebook.steps = {SECOND.name: SECOND.checksum}
    with pytest.raises(SchemaRefused, match="Give it a higher number"):
        await migrate(notebook, [FIRST, SECOND])


@pytest.mark.parametrize("name", ["0003_gap.sql", "1_a.sql", "0001_A.sql", "first.sql"])
async def test_a_misnumbered_step_is_refused(name):
    with pytest.raises(SchemaRefused, match="numbered from 0001"):
        await migrate(Notebook(), [Step(name, FIRST.text)])


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE a (n UInt8) ENGINE = Memory;\n",
        "INSERT INTO a VALUES (1);\n",
        "ALTER TABLE a ADD COLUMN m UInt8;\n",
        "DROP TABLE a;\n",
        "TRUNCATE TABLE a;\n",
    ],
)
async def test_a_statement_that_may_not_run_twice_is_refused(text):
    notebook = Notebook()
    with pytest.raises(SchemaRefused, match="may not run twice"):
        await migrate(notebook, [FIRST, Step("0002_x.sql", text)])
    assert notebook.told == []


def test_the_shipped_steps_may_all_run_twice():
    assert all(step.statements for step in packaged())


@pytest.mark.engines
async def test_two_runners_at_once_do_no_harm(clickhouse_url):
    async with database(clickhouse_url) as (url, client):
        await client.command("DROP TABLE schema_steps")
        both = await asyncio.gather(*[clickhouse.prepare(url) for _ in range(3)])
        assert all(len(applied) <= len(packaged()) for applied in both)
        assert await clickhouse.prepare(url) == []
        steps = await scalar(client, "SELECT uniqExact(name) FROM schema_steps")
        assert steps == len(packaged())


@pytest.mark.engines
async def test_every_insert_target_takes_a_block_once(clickhouse_url):
    async with database(clickhouse_url) as (_url, client):
        unprotected = await client.query(
            "SELECT name FROM system.tables WHERE database = currentDatabase() "
            "AND engine LIKE '%MergeTree' AND name != 'schema_steps' "
            "AND create_table_query NOT LIKE '%non_replicated_deduplication_window = 10000%'"
        )
        assert list(unprotected.result_rows) == []
