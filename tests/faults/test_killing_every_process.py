"""`kill -9` of each process in turn under load: nothing acknowledged is lost or counted twice."""

import asyncio
import itertools
import json
import os
import signal
import time
from datetime import UTC, datetime

import aiohttp
import pytest

from tests.bench.installation import installed

pytestmark = [pytest.mark.faults, pytest.mark.engines]

PROCESSES = ("hot-0", "projector", "api", "nats", "valkey", "clickhouse")
SENDERS = 4
AGREE_WITHIN_S = 30


@pytest.fixture
def platform(tmp_path):
    with installed(tmp_path) as installation:
        yield installation, tmp_path


def status(directory):
    return json.loads((directory / "status.json").read_text())


async def killed_and_back(directory, name):
    before = status(directory)["processes"][name]["pid"]
    os.kill(before, signal.SIGKILL)
    async with asyncio.timeout(20):
        while True:
            now = status(directory)["processes"][name]
            if now["state"] == "ready" and now["pid"] != before:
                return
            await asyncio.sleep(0.02)


async def send_pixels(http, credentials, numbers, quiet):
    """Send pixels, each until it is acknowledged, as a browser's SDK would."""
    acknowledged = 0
    while not quiet.is_set():
        pixel = {"playerId": f"p{next(numbers)}", "bannerTag": "kill", "e": f"e{next(numbers)}"}
        await until_answered(http, credentials["hot_url"] + "/api/pixel/visit", pixel)
        acknowledged += 1
        await asyncio.sleep(0.005)
    return acknowledged


async def until_answered(http, url, pixel):
    while not await answered(http, url, pixel):  # noqa: ASYNC110 - it is another process
        await asyncio.sleep(0.05)


async def answered(http, url, pixel):
    try:
        async with http.get(url, params=pixel, timeout=aiohttp.ClientTimeout(total=5)) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False


async def visits_read(http, credentials):
    today = datetime.now(UTC).date().isoformat()
    url = f"{credentials['api_url']}/api/metrics/campaigns/kill"
    key = {"Authorization": f"Bearer {credentials['admin_key']}"}
    days = {"startDate": today, "endDate": today}
    try:
        async with http.get(url, params=days, headers=key) as answer:
            return (await answer.json())["totals"]["visit"] if answer.ok else -1
    except (aiohttp.ClientError, OSError):
        return -1


async def test_every_pixel_acknowledged_is_counted_once_whatever_dies(platform):
    installation, directory = platform
    numbers, quiet = itertools.count(), asyncio.Event()
    async with aiohttp.ClientSession() as http:
        senders = [
            asyncio.create_task(send_pixels(http, installation.credentials, numbers, quiet))
            for _ in range(SENDERS)
        ]
        for name in PROCESSES:
            await killed_and_back(directory, name)
        quiet.set()
        acknowledged = sum(await asyncio.gather(*senders))
        deadline = time.monotonic() + AGREE_WITHIN_S
        while (seen := await visits_read(http, installation.credentials)) != acknowledged:
            assert time.monotonic() < deadline, f"acknowledged {acknowledged}, read {seen}"
            await asyncio.sleep(0.1)
    restarts = {name: p["restarts"] for name, p in status(directory)["processes"].items()}
    assert restarts == dict.fromkeys(PROCESSES, 1)
    assert acknowledged > 100
