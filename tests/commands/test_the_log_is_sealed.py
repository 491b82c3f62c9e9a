import asyncio
from datetime import timedelta

import pytest

from adapters.clock import StoppedClock
from adapters.memory import MemoryEventLog
from adapters.memory_keys import MemoryKeyRing
from commands.desk import Desk
from commands.sealing import EVENTS_MAX, SEALS, LogCutOff, Sealing
from commands.transact import current
from domain.audit.seals import STREAM, TENANT, anchor_of
from tests.contracts.logs import entry
from tests.people import ACME, GLOBEX, MONDAY


class Sealed:
    """A log with a sealing process whose stopwatch a test moves."""

    def __init__(self, log=None, *, at=MONDAY):
        self.log = log or MemoryEventLog()
        self.clock = StoppedClock(at)
        self.seconds = 0.0
        self.restart()

    def restart(self):
        self.desk = Desk(self.log, self.clock)
        self.sealing = Sealing(self.desk, self.log, ticks=lambda: self.seconds)

    async def record(self, count, *, stream="campaign-1", tenant=ACME):
        after = len(await self.log.read(tenant, stream))
        await self.log.append(tenant, stream, [entry() for _ in range(count)], after=after)

    async def seals(self):
        history = await self.log.read(TENANT, STREAM)
        return [SEALS.decoder.decode(recorded.data) for recorded in history]

    async def counts(self):
        return [seal.count for seal in await self.seals()]


@pytest.fixture
def sealed():
    return Sealed()


async def test_a_thousand_events_are_sealed_at_once_and_the_rest_within_a_minute(sealed):
    await sealed.sealing.step()
    await sealed.record(2 * EVENTS_MAX + 5)
    await sealed.sealing.step()
    assert await sealed.counts() == [EVENTS_MAX, EVENTS_MAX]
    sealed.seconds = 59.0
    assert await sealed.sealing.step() == 0
    sealed.seconds = 60.0
    assert await sealed.sealing.step() == 1
    assert await sealed.counts() == [EVENTS_MAX, EVENTS_MAX, 7]  # two of them seals
    assert (await sealed.log.verify()).findings == ()


async def test_a_log_in_which_nothing_happens_is_not_sealed_again(sealed):
    await sealed.record(3)
    for minute in range(10):
        sealed.seconds = 61.0 * minute
        await sealed.sealing.step()
    assert await sealed.counts() == [3]


async def test_seals_go_on_where_a_restart_found_them(sealed):
    await sealed.record(EVENTS_MAX + 1)
    await sealed.sealing.step()
    sealed.restart()
    await sealed.record(4, tenant=GLOBEX)
    await sealed.sealing.step()
    assert await sealed.counts() == [EVENTS_MAX, 6]  # the one left over, a seal, and four
    assert (await sealed.seals())[-1].total == EVENTS_MAX + 6
    assert (await sealed.log.verify()).findings == ()


async def test_of_two_processes_that_seal_at_once_one_wins_and_both_go_on(sealed):
    other = Sealed(sealed.log)
    await sealed.record(10)
    await asyncio.gather(sealed.sealing.step(), other.sealing.step())
    await sealed.record(10)
    for each in (sealed, other) * 3:
        each.seconds += 61.0
        await each.sealing.step()
    assert sum(await sealed.counts()) >= 20
    verification = await sealed.log.verify()
    assert verification.findings == ()
    last = (await sealed.seals())[-1]
    assert last.total == sum(await sealed.counts())


async def test_a_wall_clock_set_back_an_hour_delays_no_seal(sealed):
    await sealed.sealing.step()
    await sealed.record(1)
    await sealed.sealing.step()
    sealed.clock.at = MONDAY - timedelta(hours=1)
    sealed.seconds = 60.0
    await sealed.sealing.step()
    await sealed.record(1)
    sealed.seconds = 121.0
    await sealed.sealing.step()
    sealed.seconds = 182.0
    await sealed.sealing.step()
    assert [seal.seal for seal in await sealed.seals()] == [1, 2]
    assert (await sealed.seals())[0].sealed_at == MONDAY - timedelta(hours=1)
    assert (await sealed.log.verify()).findings == ()


async def test_a_log_shorter_than_its_seals_is_not_sealed_any_further(sealed):
    await sealed.record(5)
    await sealed.sealing.step()
    shortened = MemoryEventLog()
    history = await sealed.log.read(TENANT, STREAM)
    await shortened.append(TENANT, STREAM, [entry(history[0].data, kind=history[0].kind)], after=0)
    with pytest.raises(LogCutOff):
        await Sealed(shortened).sealing.step()


async def test_the_newest_seal_is_what_is_handed_out_as_an_anchor(sealed):
    await sealed.record(5)
    await sealed.sealing.step()
    folded = await current(sealed.desk, SEALS, TENANT, "log")
    (seal,) = await sealed.seals()
    assert anchor_of(seal).root == folded.state.root
    assert (await sealed.log.verify(anchor=anchor_of(seal))).findings == ()


async def test_a_person_is_erased_and_the_record_still_proves_itself(sealed):
    ring = MemoryKeyRing()
    subject = await ring.subject(ACME, "player-7")
    secret = await ring.seal(subject, "Grace")
    told = entry(f'{{"kind":"told.v1","word":"{secret}"}}'.encode())
    await sealed.log.append(ACME, f"member-{subject.ref}", [told], after=0)
    await sealed.sealing.step()
    anchor = anchor_of((await sealed.seals())[-1])
    assert await ring.opened(subject, secret) == "Grace"
    await ring.destroy(subject)
    assert await ring.opened(subject, secret) is None
    assert (await sealed.log.verify(anchor=anchor)).findings == ()
