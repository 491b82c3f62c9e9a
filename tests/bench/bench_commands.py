"""Commands over HTTP with a durable event each: one Granian process, 32 connections.

Each command drafts a whole campaign (1.2 kB of JSON) in a stream of its own and is answered
once SQLite has fsynced its event. Only the view of keys is kept here: in an installation the
projections have a process of their own.
"""

import asyncio
import contextlib
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server

from adapters.sqlite_log import SqliteEventLog
from ops.logs import write_json
from projections.access import ACCESS
from tests.api_world import ANA, BRIEF, running_world
from tests.bench.report import keep, percentile
from tests.engines import HOUSE, free_port, wait_until_open

CONNECTIONS = 32
WARM_UP_S, SECONDS = 1.0, 6.0
TARGET_PER_S = 1_000


async def serve(directory: Path, port: int):
    write_json("api", level="info")
    async with (
        SqliteEventLog(directory / "events.sqlite") as log,
        running_world(log=log, projections=(ACCESS,)) as world,
    ):
        gc.freeze()  # as the API process does
        await Server(
            world.app,
            address="127.0.0.1",
            port=port,
            interface=Interfaces.ASGI,
            log_enabled=False,
            websockets=False,
        ).serve()


def request(port: int) -> bytes:
    body = json.dumps(BRIEF).encode()
    head = (
        f"POST /v1/campaigns HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {ANA}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def one_connection(port: int, until: float, seen: list[tuple[float, float]]):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    question = request(port)
    with contextlib.closing(writer):
        while (asked := time.perf_counter()) < until:
            writer.write(question)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 201"):
                raise AssertionError(head)
            length = head.lower().split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0]
            await reader.readexactly(int(length))
            now = time.perf_counter()
            seen.append((now, now - asked))


def cpu_s(process: int) -> float:
    """Return the CPU time a process has taken, its threads included."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def load(port: int) -> list[float]:
    """Return the latency of each command answered after the warm-up."""
    seen: list[tuple[float, float]] = []
    begun = time.perf_counter()
    until = begun + WARM_UP_S + SECONDS
    await asyncio.gather(*(one_connection(port, until, seen) for _ in range(CONNECTIONS)))
    return [latency for at, latency in seen if at >= begun + WARM_UP_S]


def measured(directory: Path) -> dict:
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.bench_commands", str(directory), str(port)]
    with (
        (directory / "api.log").open("wb") as lines,
        subprocess.Popen(command, cwd=HOUSE, stderr=lines) as server,
    ):
        try:
            wait_until_open(port, server)
            idle_s = cpu_s(server.pid)
            latencies = uvloop.run(load(port))
            busy_s = cpu_s(server.pid) - idle_s
        finally:
            server.kill()
    per_s = len(latencies) / SECONDS
    answered = len(latencies) * (WARM_UP_S + SECONDS) / SECONDS
    p50, p99 = (1000 * percentile(latencies, share) for share in (0.5, 0.99))
    return {
        "what": f"commands over HTTP with a durable event each, {CONNECTIONS} connections",
        "target": f"{TARGET_PER_S}/s",
        "seen": f"{per_s:.0f}/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms",
        "met": per_s >= TARGET_PER_S,
        "commands_per_s": round(per_s, 1),
        "p50_ms": round(p50, 2),
        "p99_ms": round(p99, 2),
        "server_cpu_us_per_command": round(1_000_000 * busy_s / answered),
        "commands": len(latencies),
        "connections": CONNECTIONS,
    }


def main() -> int:
    if len(sys.argv) > 1:
        uvloop.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
        return 0
    with tempfile.TemporaryDirectory() as directory:
        figures = measured(Path(directory))
    keep("commands", figures)
    print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
