"""What it takes to load an aggregate of 10,000 events from SQLite, with and without a snapshot."""

import gc
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from adapters.clock import SystemClock
from adapters.sqlite_log import SqliteEventLog
from adapters.sqlite_snapshots import SqliteSnapshots
from commands.budget import BUDGETS
from commands.desk import Desk
from commands.snapshots import Snapshotting
from commands.transact import current
from tests.bench.report import keep
from tests.people import ACME, SPRING
from tests.projections.scribe import Scribe, allocated, spent

EVENTS, ROUNDS = 10_000, 15
STREAM = BUDGETS.stream(SPRING)
TARGETS_MS = {"with": 1.0, "without": 20.0}


async def fill(log):
    """Write a budget that 9,999 quarter hours were billed to, as the spend process does."""
    history = [allocated(50_000), *(spent(1, last=number) for number in range(1, EVENTS))]
    scribe = Scribe(log)
    for first in range(0, EVENTS, 500):
        await scribe.write(STREAM, *history[first : first + 500])


async def loaded_ms(log, snapshots):
    """Return what a desk that knows nothing takes to know the budget."""
    desk = Desk(log, SystemClock(), snapshots=snapshots and Snapshotting(log, snapshots))
    gc.collect()
    begun = time.perf_counter()
    folded = await current(desk, BUDGETS, ACME, SPRING)
    taken = (time.perf_counter() - begun) * 1e3
    assert folded.version == EVENTS
    assert folded.state.spent_micros == EVENTS * 1_000_000 - 1_000_000
    return taken


async def measure(directory):
    gc.freeze()  # as the API process does
    async with (
        SqliteEventLog(directory / "events.sqlite") as log,
        SqliteSnapshots(directory / "snapshots.sqlite") as snapshots,
    ):
        await fill(log)
        without = [await loaded_ms(log, None) for _ in range(ROUNDS)]
        taking = Snapshotting(log, snapshots)
        await current(Desk(log, SystemClock(), snapshots=taking), BUDGETS, ACME, SPRING)
        await taking.settled()
        having = [await loaded_ms(log, snapshots) for _ in range(ROUNDS)]
    return {"with": having, "without": without}


def row(kind, samples):
    target, seen = TARGETS_MS[kind], statistics.median(samples)
    return {
        "what": f"loading an aggregate of {EVENTS:,} events from SQLite, {kind} a snapshot",
        "target": f"{target:g} ms",
        "seen": f"{seen:.2f} ms",
        "met": seen <= target,
        "ms": [round(sample, 2) for sample in samples],
    }


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        samples = uvloop.run(measure(Path(name)))
    for kind, taken in samples.items():
        figures = row(kind, taken)
        keep(f"load_{kind}", figures)
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
