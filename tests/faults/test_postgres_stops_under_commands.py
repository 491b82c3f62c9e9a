"""PostgreSQL dies under a platform that takes commands: what was answered is there, once."""

import asyncio
import json
import os
import subprocess
import sys

import aiohttp
import psycopg
import pytest

from tests.api_world import BRIEF
from tests.bench.installation import installed
from tests.engines import HOUSE, a_postgres

pytestmark = [pytest.mark.faults, pytest.mark.engines]

CLIENTS = 32
COMMANDS = 20  # of each client
OUTAGES = 2
AGAIN_AFTER_S = 0.1
DEADLINE_S = 90.0


@pytest.fixture
def postgres(tmp_path):
    with a_postgres(tmp_path) as server:
        yield server


@pytest.fixture
def platform(tmp_path, postgres, monkeypatch):
    monkeypatch.setenv("CX_EVENT_LOG_URL", postgres.url)
    with installed(tmp_path / "cx") as installation:
        yield installation


@pytest.fixture(autouse=True)
def directory(tmp_path):
    (tmp_path / "cx").mkdir()


class Crowd:
    """Clients that draft campaigns, each again with its key until it is told that it is done."""

    def __init__(self, credentials):
        self.url = f"{credentials['api_url']}/v1/campaigns"
        self.headers = {"Authorization": f"Bearer {credentials['admin_key']}"}
        self.answers = {}  # key -> (id, version, position)
        self.refusals = []  # what came instead of an answer

    async def draft_all(self, http):
        await asyncio.gather(*(self._client(http, number) for number in range(CLIENTS)))

    async def _client(self, http, number):
        for command in range(COMMANDS):
            await self.draft(http, f"client-{number}-{command}")

    async def draft(self, http, key):
        headers = {**self.headers, "Idempotency-Key": key}
        while key not in self.answers:
            try:
                async with http.post(self.url, json=BRIEF, headers=headers) as answer:
                    told = await answer.json()
                    if answer.status == 201:
                        self.answers[key] = told["id"], told["version"], told["position"]
                        return
                    self.refusals.append((answer.status, answer.headers.get("Retry-After"), told))
            except aiohttp.ClientError as error:
                self.refusals.append((0, None, repr(error)))
            await asyncio.sleep(AGAIN_AFTER_S)


async def outage(postgres, crowd, *, after):
    """Kill the server once so many commands were answered; start it when some were refused."""
    while len(crowd.answers) < after:  # noqa: ASYNC110 - other processes answer
        await asyncio.sleep(0.005)
    refused = len(crowd.refusals)
    await asyncio.to_thread(postgres.kill)
    while len(crowd.refusals) == refused:  # noqa: ASYNC110 - likewise
        await asyncio.sleep(0.01)
    await asyncio.to_thread(postgres.start)


def drafts(postgres):
    with psycopg.connect(postgres.url) as connection:
        rows = connection.execute(
            "SELECT originator_id, notification_id FROM stored_events "
            "WHERE topic LIKE 'campaign.drafted.%'"
        )
        return {(name.partition(".")[2], position) for name, position in rows.fetchall()}


def cx(*arguments):
    command = [sys.executable, "-m", "ops.cli", *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, cwd=HOUSE, env=os.environ, check=True)
    return json.loads(done.stdout)


async def test_what_was_answered_is_there_once_and_the_views_go_on(platform, postgres, tmp_path):
    crowd = Crowd(platform.credentials)
    total = CLIENTS * COMMANDS
    async with asyncio.timeout(DEADLINE_S), aiohttp.ClientSession() as http:
        drafting = asyncio.create_task(crowd.draft_all(http))
        for number in range(OUTAGES):
            await outage(postgres, crowd, after=total * (number + 1) // (OUTAGES + 2))
        await drafting

        statuses = {status for status, _, _ in crowd.refusals}
        assert statuses == {503}, crowd.refusals
        assert all(retry for _, retry, _ in crowd.refusals)
        told = {(id_, position) for id_, _, position in crowd.answers.values()}
        assert len(told) == total
        assert drafts(postgres) == told

        newest = max(position for _, position in told)
        async with http.get(
            crowd.url, headers={**crowd.headers, "X-Consistency-Token": str(newest)}
        ) as listed:
            assert "X-Stale" not in listed.headers
    processes = json.loads((tmp_path / "cx/status.json").read_text())["processes"]
    assert {name: process["restarts"] for name, process in processes.items()} == dict.fromkeys(
        processes, 0
    )
    (verified,) = cx("audit", "verify", "--data-dir", str(tmp_path / "cx"))
    assert verified["intact"]
