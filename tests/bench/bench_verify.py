"""`cx audit verify` over a log of 250,000 events of real shapes, sealed: the command itself.

Timed is what the command does in one process, from opening the file to the verdict.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from adapters.clock import StoppedClock
from adapters.sqlite_log import SqliteEventLog
from commands.desk import Desk
from commands.sealing import Sealing
from domain.campaign.events import CampaignEvent
from domain.envelope import Entry
from tests.bench.report import keep
from tests.people import ACME, HISTORIES, MONDAY

EVENTS, ROUNDS = 250_000, 5
PER_S_MIN = 100_000
BEHIND = 5_000  # appends under way while the log is made


def lifetime(number: int, events: tuple[CampaignEvent, ...]) -> list[Entry]:
    """Return a campaign's life from draft to archive, as commands record it."""
    return [
        Entry(
            event_id=f"{number:08x}-0000-4000-8000-{index:012x}",
            kind=str(event.__struct_config__.tag),
            data=msgspec.json.encode(event),
            recorded_at=MONDAY,
            actor="ana",
            command_id=f"{number:08x}-1111-4000-8000-{index:012x}",
            fingerprint="f" * 64,
            correlation_id=f"{number:08x}-2222-4000-8000-{index:012x}",
            causation_id=None,
        )
        for index, event in enumerate(events)
    ]


async def lived_in(path: Path) -> int:
    """Fill a log with campaigns that moved in turns, and seal it; return its events."""
    events = HISTORIES["archived"]
    async with SqliteEventLog(path) as log:
        sealing = Sealing(Desk(log, StoppedClock(MONDAY)), log, every_s=0.0)
        campaigns = EVENTS // len(events)
        for first in range(0, campaigns, BEHIND):
            lives = [lifetime(number, events) for number in range(first, first + BEHIND)]
            for index in range(len(events)):
                await asyncio.gather(
                    *(
                        log.append(ACME, f"campaign-{first + n:08x}", [life[index]], after=index)
                        for n, life in enumerate(lives)
                    )
                )
            while await sealing.step():
                pass
        return await log.head()


async def verified(path: Path) -> tuple[float, float, int]:
    """Return the wall and the CPU seconds one verification takes, and how many events it saw."""
    began, busy = time.perf_counter(), time.process_time()
    async with SqliteEventLog(path) as log:
        found = await log.verify()
    took, cpu = time.perf_counter() - began, time.process_time() - busy
    if found.findings:
        raise AssertionError(found.findings[:3])
    return took, cpu, found.events


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "events.sqlite"
        events = asyncio.run(lived_in(path))
        rounds = [asyncio.run(verified(path)) for _ in range(ROUNDS)]
    if any(seen != events for _, _, seen in rounds):
        raise AssertionError(rounds)
    per_s = events / statistics.median(took for took, _, _ in rounds)
    figures = {
        "what": f"`cx audit verify`, {events:,} events with their seals",
        "target": f"{PER_S_MIN:,} events/s",
        "seen": f"{per_s:,.0f} events/s",
        "met": per_s >= PER_S_MIN,
        "rounds_per_s": [round(events / took) for took, _, _ in rounds],
        "cpu_us_per_event": round(1e6 * min(cpu for _, cpu, _ in rounds) / events, 2),
    }
    keep("verify", figures)
    print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
