"""One closed loop of wrk, and what it printed as numbers."""

import re
import subprocess
from pathlib import Path

UNIT_MS = {"us": 0.001, "ms": 1, "s": 1000}


def wrk(port: int, script: Path, seconds: int, *, connections: int, core: str) -> dict:
    """Run wrk on its core; raises when anything but a 2xx came back."""
    command = ["taskset", "-c", core, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
    said = subprocess.run(
        [*command, "--latency", "-s", str(script), f"http://127.0.0.1:{port}/"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    if "Non-2xx" in said or "Socket errors" in said:
        raise AssertionError(said)
    found = {
        "per_s": float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]),
        "requests": int(re.search(r"(\d+) requests in", said)[1]),
    }
    for share in ("50", "99"):
        number, unit = re.search(rf"\s{share}%\s+([\d.]+)(us|ms|s)", said).groups()
        found[f"p{share}_ms"] = float(number) * UNIT_MS[unit]
    return found
