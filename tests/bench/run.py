"""`make bench`: every benchmark in turn, then one table of what was seen."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

from tests.bench.report import RESULTS, fsync_us
from tests.engines import HOUSE

BENCHES = (
    "pixel", "bid", "freshness", "commands", "append", "decide", "load", "replay", "verify",
    "tcf", "startup",
)  # fmt: skip
COLUMNS = "| what | at least | seen | met |\n|---|---|---|---|"


def lines(name: str) -> list[str]:
    """Return the table's lines for one benchmark, from the figures it kept: one a file."""
    kept = [RESULTS / f"{name}.json", *sorted(RESULTS.glob(f"{name}_*.json"))]
    rows = [json.loads(path.read_text()) for path in kept if path.exists()]
    return [
        f"| {each['what']} | {each['target']} | {each['seen']} | {'yes' if each['met'] else 'no'} |"
        for each in rows
    ]


def main() -> int:
    """Run all; a benchmark that cannot run here says why and leaves its last figures alone."""
    names = sys.argv[1:] or list(BENCHES)
    failed = [
        name
        for name in names
        if subprocess.run(
            [sys.executable, "-m", f"tests.bench.bench_{name}"], cwd=HOUSE, check=False
        ).returncode
    ]
    rows = [line for name in BENCHES for line in lines(name)]
    seen = f"Seen {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores"
    load = f"load average {os.getloadavg()[0]:.2f}, an fsync takes {fsync_us():.0f} µs here"
    table = "\n".join([f"{seen}, {load}.\n", COLUMNS, *rows])
    (RESULTS / "table.md").write_text(table + "\n")
    print(f"\n{table}")
    for name in failed:
        print(f"bench_{name} did not finish; its line, if any, is from an earlier run")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
