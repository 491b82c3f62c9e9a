"""Appends to the SQLite log, each answered after an fsync: writers in one event loop, one event
at a time each, to a stream of its own; and the bare recorder beside it, in turns.

The bare one is `eventsourcing`'s own SQLite recorder with its own `insert_events`, one commit
each, on a file of its own with the same `synchronous=FULL` and rows of the same size.
"""

import asyncio
import gc
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path

import msgspec
import uvloop
from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

from adapters.rows import envelope_of
from adapters.sealing import sealed
from adapters.sqlite_log import SqliteEventLog
from domain.envelope import Entry
from tests.bench.report import keep, percentile
from tests.people import ACME, MONDAY, SUBMITTED

SECONDS = float(os.environ.get("BENCH_SECONDS", "2"))
WARM_UP_S, ROUNDS = 0.3, 3
TARGETS = {16: (20_000, 3.0), 256: (35_000, None)}  # appends a second, and p99 in ms
TIMES_BARE = 8
DATA = msgspec.json.encode(SUBMITTED)


def entries(count: int) -> list[Entry]:
    """Return events of a real shape, made before anything is timed."""
    ids = [str(uuid.uuid4()) for _ in range(count)]
    return [
        Entry(
            event_id=id_,
            kind="campaign.submitted.v1",
            data=DATA,
            recorded_at=MONDAY,
            actor="ana",
            command_id=id_,
            fingerprint="f" * 64,
            correlation_id=id_,
            causation_id=None,
        )
        for id_ in ids
    ]


async def one_writer(log, stream, made, until, seen):
    version = 0
    while (asked := time.perf_counter()) < until:
        await log.append(ACME, stream, [made[(version * 7) % len(made)]], after=version)
        now = time.perf_counter()
        seen.append((now, now - asked))
        version += 1


async def appends(directory: Path, writers: int) -> dict:
    """Return the rate and latencies of `writers` that each wait for their answer."""
    made, seen = entries(5_000), []
    async with SqliteEventLog(directory / f"{uuid.uuid4()}.sqlite") as log:
        gc.freeze()  # as the API process does
        begun = time.perf_counter()
        until = begun + WARM_UP_S + SECONDS
        busy_s = time.process_time()
        await asyncio.gather(
            *(
                one_writer(log, f"campaign-{uuid.uuid4()}", made, until, seen)
                for _ in range(writers)
            )
        )
        busy_s = time.process_time() - busy_s
        verification = await log.verify()
        if verification.events != len(seen) or verification.findings:
            raise AssertionError(verification.findings[:3])
    latencies = [latency for at, latency in seen if begun + WARM_UP_S <= at <= until]
    return {
        "per_s": len(latencies) / SECONDS,
        "p50_ms": 1000 * percentile(latencies, 0.5),
        "p99_ms": 1000 * percentile(latencies, 0.99),
        "cpu_us": 1e6 * busy_s / len(seen),
    }


def bare(directory: Path) -> float:
    """Return how many events a second the bare recorder inserts, one commit each."""
    (recorded,) = sealed(
        entries(1), tenant=ACME, stream="campaign-1", after=0, previous="0" * 64, position=0
    )
    state = envelope_of(recorded)
    datastore = SQLiteDatastore(
        str(directory / f"{uuid.uuid4()}.sqlite"), originator_id_type="text"
    )
    recorder = SQLiteApplicationRecorder(datastore)
    recorder.create_table()
    streams, inserted = [f"campaign-acme.{uuid.uuid4()}" for _ in range(16)], 0
    until = time.perf_counter() + SECONDS
    while time.perf_counter() < until:
        recorder.insert_events(
            [
                StoredEvent(
                    originator_id=streams[inserted % 16],
                    originator_version=inserted // 16 + 1,
                    topic=recorded.kind,
                    state=state,
                )
            ]
        )
        inserted += 1
    datastore.close()
    return inserted / SECONDS


def is_durable(directory: Path) -> bool:
    """Return whether SQLite syncs by itself as ours is told to: else the race were unfair."""
    connection = sqlite3.connect(directory / "probe.sqlite")
    ((synchronous,),) = connection.execute("PRAGMA synchronous")
    connection.close()
    return synchronous == 2


def row(writers: int, rounds: list[dict], bare_per_s: float) -> dict:
    """Return one line of the table: the median round."""
    seen = sorted(rounds, key=lambda each: each["per_s"])[len(rounds) // 2]
    at_least, p99_ms_max = TARGETS[writers]
    in_time = p99_ms_max is None or seen["p99_ms"] <= p99_ms_max
    limit = f", p99 {p99_ms_max:.0f} ms" if p99_ms_max else ""
    return {
        "what": "appends to the log, group commit across commands, SQLite `synchronous=FULL`, "
        f"{writers} writers",
        "target": f"{at_least:,}/s{limit}",
        "seen": f"{seen['per_s']:,.0f}/s, p50 {seen['p50_ms']:.2f} ms, p99 {seen['p99_ms']:.2f} ms",
        "met": seen["per_s"] >= at_least and in_time,
        "rounds_per_s": [round(each["per_s"]) for each in rounds],
        "cpu_us_per_append": round(seen["cpu_us"], 1),
        "times_the_bare_recorder": round(seen["per_s"] / bare_per_s, 1),
    }


def main() -> int:
    with tempfile.TemporaryDirectory(dir=Path(__file__).with_name("results")) as name:
        directory = Path(name)
        if not is_durable(directory):
            raise AssertionError("this SQLite is not durable by default")
        rounds: dict[int, list[dict]] = {writers: [] for writers in TARGETS}
        bares = []
        for _ in range(ROUNDS):
            bares.append(bare(directory))
            for writers, seen in rounds.items():
                seen.append(uvloop.run(appends(directory, writers)))
    bare_per_s = statistics.median(bares)
    for writers, seen in rounds.items():
        figures = row(writers, seen, bare_per_s)
        keep(f"append_{writers}", figures)
        print(json.dumps(figures, indent=2))
    best = max(statistics.median(each["per_s"] for each in seen) for seen in rounds.values())
    figures = {
        "what": "appends to the log, as a ratio to the bare `eventsourcing` SQLite recorder",
        "target": f"{TIMES_BARE}",
        "seen": f"{best / bare_per_s:.1f} ({best:,.0f}/s to {bare_per_s:,.0f}/s)",
        "met": best >= TIMES_BARE * bare_per_s,
        "bare_rounds_per_s": [round(each) for each in bares],
    }
    keep("append_ratio", figures)
    print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
