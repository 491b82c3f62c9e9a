"""`cx audit verify` over a log of 250,000 events of real shapes, sealed: the command itself.

The rate is the command's own: from opening the log to the verdict, without Python's start.
"""

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from adapters.clock import StoppedClock
from adapters.sqlite_log import SqliteEventLog
from commands.desk import Desk
from commands.sealing import Sealing
from domain.campaign.events import CampaignEvent
from domain.envelope import Entry
from tests.bench.report import keep
from tests.engines import HOUSE
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


def verified(directory: Path) -> dict:
    """Return what the command says, with the CPU seconds that it took in all."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "ops.cli", "audit", "verify", "--json", "--data-dir"]
    ended = subprocess.run(
        [*command, directory], cwd=HOUSE, capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    (told,) = json.loads(ended.stdout)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**told, "cpu_s": cpu_s}


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "events.sqlite"
        events = asyncio.run(lived_in(path))
        rounds = [verified(Path(name)) for _ in range(ROUNDS)]
    if any(seen["events"] != events or not seen["intact"] for seen in rounds):
        raise AssertionError(rounds)
    per_s = events / statistics.median(seen["seconds"] for seen in rounds)
    figures = {
        "what": f"`cx audit verify`, {events:,} events with their seals",
        "target": f"{PER_S_MIN:,} events/s",
        "seen": f"{per_s:,.0f} events/s",
        "met": per_s >= PER_S_MIN,
        "rounds_per_s": [round(events / seen["seconds"]) for seen in rounds],
        "cpu_s_in_all": round(min(seen["cpu_s"] for seen in rounds), 2),
    }
    keep("verify", figures)
    print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
