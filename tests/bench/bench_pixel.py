"""Durable pixels beside nginx's `empty_gif` with an access log, on the same core, in turns."""

import asyncio
import contextlib
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from hashlib import sha256
from pathlib import Path

import uvloop

from hotpath.access import AccessBook, Holder
from hotpath.publisher import PublisherSettings
from hotpath.server import serve
from ops import engines
from tests.bench.report import keep
from tests.bench.wrk import wrk
from tests.engines import HOUSE, free_port, running, wait_until_open

TARGET = 0.25
CONNECTIONS = 256
SECONDS = int(os.environ.get("BENCH_SECONDS", "5"))
ROUNDS = 3
SERVER_CORE, CLIENT_CORE = "0", str(min(1, (os.cpu_count() or 1) - 1))
PIXEL = "/api/pixel/visit?playerId=p-8f14e45f&bannerTag=summer-2026&s=site-1&b=x&e="
# Every request is an event of its own, as browsers send them.
SCRIPT = f"""
local n, seed = 0, os.time()
request = function()
  n = n + 1
  return "GET {PIXEL}" .. seed .. "-" .. n .. " HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"
end
"""
NGINX = """
worker_processes 1;
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log {directory}/access.log combined buffer=64k;
  client_body_temp_path {directory}; proxy_temp_path {directory}; fastcgi_temp_path {directory};
  uwsgi_temp_path {directory}; scgi_temp_path {directory};
  keepalive_requests 100000000;
  server {{ listen 127.0.0.1:{port} reuseport; location / {{ empty_gif; }} }}
}}
"""


class NoBids:
    loaded = True

    def answer(self, *_):
        raise AssertionError("this benchmark sends no bid requests")


async def serve_pixels(url: str, port: int) -> None:
    """Be the worker: the real one, without campaigns."""
    access = AccessBook()
    access.replace([Holder(sha256(b"site").hexdigest(), "site", "acme", "site")])
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await serve(
        host="127.0.0.1",
        port=port,
        publisher=PublisherSettings(url=url),
        access=access,
        bidder=NoBids(),
        notice_secret=b"a secret of the benchmark",
        stop=stop,
    )


@contextlib.contextmanager
def started(command: list[str], port: int, core: str, log: Path):
    """Run a server on one core until the block ends."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            ["taskset", "-c", core, *command], stdout=output, stderr=output, cwd=HOUSE
        )
    try:
        wait_until_open(port, process)
        yield process
    finally:
        process.terminate()
        process.wait(10)


def until_ready(port: int, process: subprocess.Popen) -> None:
    while process.poll() is None:
        with contextlib.suppress(urllib.error.URLError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).close()
            return


def cpu_s(pid: int) -> float:
    """User and system time of a process and the children it has now, in seconds."""
    total = 0
    for child in [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]:
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def measured(port: int, script: Path, processes: dict[str, int]) -> dict:
    """Warm up briefly, then measure; CPU is microseconds a request of each process."""
    wrk(port, script, 1, connections=CONNECTIONS, core=CLIENT_CORE)
    before = {name: cpu_s(pid) for name, pid in processes.items()}
    seen = wrk(port, script, SECONDS, connections=CONNECTIONS, core=CLIENT_CORE)
    for name, pid in processes.items():
        seen[f"{name}_cpu_us"] = round((cpu_s(pid) - before[name]) / seen["requests"] * 1e6, 2)
    return seen


def rounds(directory: Path) -> list[tuple[dict, dict]]:
    """Take turns, so that a busy moment of the machine meets both."""
    script = directory / "pixel.lua"
    script.write_text(SCRIPT)
    nats, hot, plain = (free_port() for _ in range(3))
    conf = directory / "nginx.conf"
    conf.write_text(NGINX.format(directory=directory, port=plain))
    engine = engines.nats(directory / "nats", nats)
    worker = [sys.executable, "-m", "tests.bench.bench_pixel"]
    log = directory / "bench.log"
    seen = []
    with running(engine, log) as log_server:
        subprocess.run(
            ["taskset", "-a", "-p", "-c", CLIENT_CORE, str(log_server.pid)],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        url = f"nats://127.0.0.1:{nats}"
        with (
            started([*worker, url, str(hot)], hot, SERVER_CORE, log) as ours,
            started(["nginx", "-c", str(conf)], plain, SERVER_CORE, log) as theirs,
        ):
            until_ready(hot, ours)
            for _ in range(ROUNDS):
                mine = measured(hot, script, {"worker": ours.pid, "nats": log_server.pid})
                seen.append((mine, measured(plain, script, {"nginx": theirs.pid})))
    return seen


def main() -> int:
    for program in ("wrk", "nginx", "taskset"):
        if shutil.which(program) is None:
            print(f"bench_pixel needs {program}, which this machine does not have; skipped")
            return 0
    with tempfile.TemporaryDirectory() as name:
        seen = rounds(Path(name))
    ratios = [mine["per_s"] / theirs["per_s"] for mine, theirs in seen]
    ratio = statistics.median(ratios)
    mine, theirs = seen[ratios.index(statistics.median_low(ratios))]
    figures = {
        "what": "durable pixels, wrk -t1 -c256, one worker, as a ratio to nginx empty_gif",
        "target": TARGET,
        "seen": f"{ratio:.2f} ({mine['per_s']:,.0f}/s to {theirs['per_s']:,.0f}/s)",
        "met": ratio >= TARGET,
        "ratios": [round(one, 3) for one in ratios],
        "durable": mine,
        "nginx": theirs,
        "cores": {"worker and nginx": SERVER_CORE, "wrk and nats": CLIENT_CORE},
        "commands": [f"wrk -t1 -c256 -d{SECONDS}s --latency", "nginx: empty_gif, access_log 64k"],
    }
    keep("pixel", figures)
    print(f"{figures['what']}: {figures['seen']}")
    print(f"  durable {mine}\n  nginx   {theirs}")
    return 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        uvloop.run(serve_pixels(sys.argv[1], int(sys.argv[2])))
    else:
        sys.exit(main())
