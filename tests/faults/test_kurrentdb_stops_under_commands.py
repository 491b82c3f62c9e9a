"""KurrentDB's stand-in dies under commands: what was answered is there, once."""

import asyncio

import pytest

from adapters.clock import StoppedClock
from adapters.kurrentdb_log import KurrentDBEventLog
from commands.campaign import CreateCampaign, create_campaign
from commands.desk import Desk
from commands.ports import LogUnreachable
from tests.engines import free_port, kurrent_peer, running
from tests.people import ANA, BRIEF, MONDAY, asks

pytestmark = [pytest.mark.faults]

CLIENTS = 16
COMMANDS = 12  # of each client
OUTAGES = 2
DEADLINE_S = 60.0


class Crowd:
    """Clients that draft campaigns, each again with its key until it is told that it is done."""

    def __init__(self, log):
        # Two desks share nothing but the log, as two processes would.
        self.desks = [Desk(log, StoppedClock(MONDAY)) for _ in range(2)]
        self.answers = {}  # key -> (id, position)
        self.unreachable = 0

    async def client(self, number):
        for command in range(COMMANDS):
            key = f"client-{number}-{command}"
            while not await self.drafted(self.desks[number % 2], key):  # noqa: ASYNC110 - it is another process
                await asyncio.sleep(0.1)

    async def drafted(self, desk, key):
        asking, command = asks(ANA, key), CreateCampaign(brief=BRIEF)
        try:
            outcome = await create_campaign(command, asking=asking, desk=desk)
        except LogUnreachable:
            self.unreachable += 1
            return False
        self.answers[key] = outcome.id, outcome.position
        return True


async def outage(crowd, peer, *, after):
    """Kill the server once so many commands were answered; return when some were refused."""
    while len(crowd.answers) < after:  # noqa: ASYNC110 - another process answers
        await asyncio.sleep(0.005)
    before = crowd.unreachable
    peer.kill()
    while crowd.unreachable == before:  # noqa: ASYNC110 - likewise
        await asyncio.sleep(0.01)


async def test_what_was_answered_is_there_once(tmp_path):
    engine = kurrent_peer(free_port(), str(tmp_path / "kept"))
    log = KurrentDBEventLog(f"kurrentdb://127.0.0.1:{engine.port}?tls=false")
    crowd, total = Crowd(log), CLIENTS * COMMANDS
    async with asyncio.timeout(DEADLINE_S):
        drafting = [asyncio.create_task(crowd.client(number)) for number in range(CLIENTS)]
        for number in range(OUTAGES):
            with running(engine, tmp_path / "peer.log") as peer:
                await outage(crowd, peer, after=total * (number + 1) // (OUTAGES + 2))
        with running(engine, tmp_path / "peer.log"):
            await asyncio.gather(*drafting)
            history = list(await log.after(0, limit=10_000))
            told = {f"campaign-{id_}": position for id_, position in crowd.answers.values()}
            assert {event.stream: event.position for event in history} == told
            assert len(history) == len(crowd.answers) == total
            assert (await log.verify()).findings == ()
            await log.aclose()
