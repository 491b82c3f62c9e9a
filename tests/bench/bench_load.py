"""What it takes to load an aggregate of 10,000 events from SQLite, with and without a snapshot."""

import gc
import json
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import msgspec
import uvloop

from adapters.clock import SystemClock
from adapters.sqlite_log import SqliteEventLog
from adapters.sqlite_snapshots import SqliteSnapshots
from commands.budget import BUDGETS
from commands.desk import Desk
from commands.snapshots import Snapshotting
from commands.transact import Asking, current
from tests.bench.report import keep
from tests.people import ACME, MONDAY, SPRING
from tests.projections.scribe import allocated, entry, spent

EVENTS, ROUNDS = 10_000, 15
QUARTER = timedelta(minutes=15)
STREAM = BUDGETS.stream(SPRING)
TARGETS_MS = {"with": 1.0, "without": 20.0}


def history():
    """Yield a budget that was billed 9,999 quarter hours in a row, as the spend process does."""
    yield entry(allocated(50_000))
    for number in range(1, EVENTS):
        at = MONDAY + number * QUARTER
        event = msgspec.structs.replace(spent(1, on=at.date(), last=number), spent_at=at)
        asking = Asking.of_process("spend", f"0/{number}/{SPRING}/USD", tenant=ACME)
        yield msgspec.structs.replace(
            entry(event),
            recorded_at=at,
            actor=asking.person,
            command_id=asking.command_id,
            fingerprint=asking.fingerprint,
            correlation_id=asking.correlation_id,
        )


async def fill(log):
    """Write all of it, some hundreds at a time."""
    entries = list(history())
    for first in range(0, EVENTS, 500):
        await log.append(ACME, STREAM, entries[first : first + 500], after=first)


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
