"""How long a pixel takes from its sending until the read API shows it, under steady load."""

import asyncio
import itertools
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from tests.bench.installation import Installation, installed
from tests.bench.report import keep, percentile

EVENTS_PER_S = 2_000
SECONDS = 12
SENDERS = 16
PROBES_PER_S = 5
TARGET_S = 2.0
GIVE_UP_S = 20.0


class Sender(asyncio.Protocol):
    """One keep-alive connection that writes pixels on a schedule and counts the 200s."""

    def __init__(self) -> None:
        self.acknowledged = 0
        self.refused = 0

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, received):
        self.acknowledged += received.count(b"HTTP/1.1 200")
        self.refused += received.count(b"HTTP/1.1 4") + received.count(b"HTTP/1.1 5")


async def load(host: str, port: int, players: itertools.count) -> tuple[int, int, int]:
    """Send `EVENTS_PER_S` for `SECONDS`, on time whatever the answers do (open loop)."""
    loop = asyncio.get_running_loop()
    senders = [(await loop.create_connection(Sender, host, port))[1] for _ in range(SENDERS)]
    started, sent = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - started) < SECONDS:
        for _ in range(int(elapsed * EVENTS_PER_S) - sent):
            path = f"/api/pixel/visit?playerId=p{next(players)}&bannerTag=load"
            request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n"
            senders[sent % SENDERS].transport.write(request.encode())
            sent += 1
        await asyncio.sleep(0.002)
    deadline = time.perf_counter() + GIVE_UP_S
    while sum(s.acknowledged + s.refused for s in senders) < sent:
        if time.perf_counter() > deadline:
            break
        await asyncio.sleep(0.01)
    return sent, sum(s.acknowledged for s in senders), sum(s.refused for s in senders)


async def probe(
    http: aiohttp.ClientSession, credentials: dict, number: int, seen_after_s: list[float]
) -> None:
    """Send one pixel with a tag of its own and ask until the API counts it."""
    tag, today = f"probe-{number}", datetime.now(UTC).date().isoformat()
    pixel = {"playerId": f"probe{number}", "bannerTag": tag}
    started = time.perf_counter()
    async with http.get(credentials["hot_url"] + "/api/pixel/visit", params=pixel) as answer:
        answer.raise_for_status()
    url = f"{credentials['api_url']}/api/metrics/campaigns/{tag}"
    key = {"Authorization": f"Bearer {credentials['admin_key']}"}
    while time.perf_counter() - started < GIVE_UP_S:
        days = {"startDate": today, "endDate": today}
        async with http.get(url, params=days, headers=key) as answer:
            if answer.ok and (await answer.json())["totals"]["visit"] == 1:
                seen_after_s.append(time.perf_counter() - started)
                return
        await asyncio.sleep(0.05)
    seen_after_s.append(GIVE_UP_S)


async def measure(installation: Installation) -> dict:
    hot = urlsplit(installation.credentials["hot_url"])
    seen_after_s: list[float] = []
    async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as group:
        loading = group.create_task(load(hot.hostname, hot.port, itertools.count()))
        for number in range(SECONDS * PROBES_PER_S):
            group.create_task(probe(http, installation.credentials, number, seen_after_s))
            await asyncio.sleep(1 / PROBES_PER_S)
    sent, acknowledged, refused = loading.result()
    p95 = percentile(seen_after_s, 0.95)
    return {
        "what": f"pixel sent to metric readable, p95 at {EVENTS_PER_S:,} events/s",
        "target": f"{TARGET_S} s",
        "seen": f"{p95:.2f} s",
        "met": p95 <= TARGET_S and acknowledged == sent,
        "p50_s": round(percentile(seen_after_s, 0.5), 3),
        "p95_s": round(p95, 3),
        "max_s": round(max(seen_after_s), 3),
        "probes": len(seen_after_s),
        "sent": sent,
        "acknowledged": acknowledged,
        "refused": refused,
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as name, installed(Path(name)) as installation:
        figures = asyncio.run(measure(installation))
    keep("freshness", figures)
    print(
        f"{figures['what']}: {figures['seen']} (p50 {figures['p50_s']} s, {figures['sent']} sent)"
    )


if __name__ == "__main__":
    main()
