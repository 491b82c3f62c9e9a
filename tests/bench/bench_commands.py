"""Commands over HTTP with a durable event each, as a ratio to a bare Litestar POST route.

Both are one Granian process on the same core, in the same run, in turns: 64 connections send
the same campaign (1.2 kB of JSON). The bare route decodes it into the same struct and answers
a receipt. Ours drafts a campaign in a stream of its own, and answers once the event is
fsynced by SQLite or PostgreSQL. The view of keys is made beforehand: in an installation the
projections have a process of their own.
"""

import contextlib
import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar, post

from adapters.postgres_log import PostgresEventLog
from adapters.sqlite_log import SqliteEventLog
from domain.campaign import Brief
from ops.logs import write_json
from ops.run import collect_seldom
from projections.access import ACCESS
from tests.api_world import ANA, BRIEF, running_world
from tests.bench.bench_pixel import CLIENT_CORE, SERVER_CORE, cpu_s, started
from tests.bench.report import keep
from tests.bench.wrk import wrk
from tests.engines import free_port, postgres_server
from write_api.commanding import Receipt

CONNECTIONS, ROUNDS = 64, 3
SECONDS = int(os.environ.get("BENCH_SECONDS", "4"))
P99_MS_MAX = 50
TARGETS = {"sqlite": 0.5, "postgres": 0.3}
SCRIPT = """
wrk.method, wrk.path = "POST", "/v1/campaigns"
wrk.body = [==[BODY]==]
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer KEY"
"""


@post("/v1/campaigns")
async def bare(data: Brief) -> Receipt:
    return Receipt(id=data.name, version=1, position=1)


async def serve(app: object, port: int) -> None:
    collect_seldom()  # as the API process does
    await Server(
        app,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        backlog=1024,
        log_enabled=False,
        websockets=False,
    ).serve()


@contextlib.asynccontextmanager
async def opened_log(kind: str, where: str):
    log = SqliteEventLog(where) if kind == "sqlite" else PostgresEventLog(where)
    async with log:
        yield log


async def serve_commands(kind: str, where: str, port: int) -> None:
    write_json("api", level="info")
    async with opened_log(kind, where) as log:
        async with running_world(log=log, projections=(ACCESS,)) as world:
            pass  # the view knows all keys; from here on nothing reads the log
        await serve(world.app, port)


def rounds(kind: str, where: str, directory: Path) -> list[tuple[dict, dict]]:
    """Take turns, so that a busy moment of the machine meets both."""
    script = directory / "commands.lua"
    script.write_text(SCRIPT.replace("BODY", json.dumps(BRIEF)).replace("KEY", ANA))
    ours, plain, log = free_port(), free_port(), directory / "bench.log"
    command = [sys.executable, "-m", "tests.bench.bench_commands"]
    with (
        started([*command, kind, where, str(ours)], ours, SERVER_CORE, log) as api,
        started([*command, "bare", "", str(plain)], plain, SERVER_CORE, log) as route,
    ):
        return [
            (_round(ours, script, api.pid), _round(plain, script, route.pid)) for _ in range(ROUNDS)
        ]


def _round(port: int, script: Path, server: int) -> dict:
    wrk(port, script, 1, connections=CONNECTIONS, core=CLIENT_CORE)
    before = cpu_s(server)
    seen = wrk(port, script, SECONDS, connections=CONNECTIONS, core=CLIENT_CORE)
    seen["server_cpu_us"] = round((cpu_s(server) - before) / seen["requests"] * 1e6)
    return seen


def measured(kind: str, where: str, directory: Path) -> dict:
    seen = rounds(kind, where, directory)
    ratios = [mine["per_s"] / bare["per_s"] for mine, bare in seen]
    ratio = statistics.median(ratios)
    mine, theirs = seen[ratios.index(statistics.median_low(ratios))]
    least = TARGETS[kind]
    return {
        "what": f"commands over HTTP, durable in {kind}, {CONNECTIONS} connections, as a ratio to "
        "a bare Litestar POST route",
        "target": f"{least}, p99 {P99_MS_MAX} ms",
        "seen": f"{ratio:.2f} ({mine['per_s']:,.0f}/s to {theirs['per_s']:,.0f}/s), "
        f"p99 {mine['p99_ms']:.1f} ms",
        "met": ratio >= least and mine["p99_ms"] <= P99_MS_MAX,
        "ratios": [round(one, 3) for one in ratios],
        "cpu_ratios": [round(b["server_cpu_us"] / m["server_cpu_us"], 3) for m, b in seen],
        "commands": mine,
        "bare": theirs,
        "cores": {"servers": SERVER_CORE, "wrk": CLIENT_CORE},
    }


def main() -> int:
    for program in ("wrk", "taskset"):
        if shutil.which(program) is None:
            print(f"bench_commands needs {program}, which this machine does not have; skipped")
            return 0
    with tempfile.TemporaryDirectory() as name, postgres_server(Path(name)) as postgres_url:
        places = {"sqlite": str(Path(name) / "events.sqlite"), "postgres": postgres_url}
        for kind in sys.argv[1:] or TARGETS:
            figures = measured(kind, places[kind], Path(name))
            keep(f"commands_{kind}", figures)
            print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["bare", _, port]:
            uvloop.run(serve(Litestar([bare], openapi_config=None), int(port)))
        case [kind, where, port]:
            uvloop.run(serve_commands(kind, where, int(port)))
        case _:
            sys.exit(main())
