"""The spend process manager under redelivery, restarts, rivals and bad bills."""

import asyncio
from datetime import UTC, date, datetime, time

import msgspec
import pytest
from structlog.testing import capture_logs

from adapters.clock import StoppedClock
from adapters.memory import Bill, MemoryBilledSpend, MemoryEventLog
from commands.budget import BUDGETS
from commands.desk import Desk
from commands.ports import BilledSpend, BilledSum, LogUnreachable
from commands.spend import CLAIMS, SpendRecording
from commands.transact import current
from domain.budget.claims import Claimed, SpendParked
from tests.commands.desks import drafted, kinds, new_desk
from tests.people import BRIEF, GLOBEX, MONDAY

TODAY, TOMORROW = date(2026, 3, 2), date(2026, 3, 3)


@pytest.fixture
def billed():
    return MemoryBilledSpend()


def bill(billed, campaign, sequence, *, units=1, partition=0, day=TODAY, **other):
    currency, tenant = other.get("currency", "USD"), other.get("tenant", "acme")
    at = other.get("at", datetime.combine(day, time(12), tzinfo=UTC))
    sum_ = BilledSum(campaign, currency, at, units * 1_000_000, units)
    billed.bills.append(Bill(tenant, partition, sequence, sum_))


async def spent(desk, campaign, *, tenant="acme"):
    state = (await current(desk, BUDGETS, tenant, campaign)).state
    return state.spent_micros // 1_000_000


def recording(desk, billed, partitions=1):
    return SpendRecording(desk, billed, partitions=partitions)


def test_the_memory_of_bills_is_what_the_process_reads(billed):
    assert isinstance(billed, BilledSpend)


async def test_bills_become_spend_one_range_at_a_time(billed):
    desk = new_desk()
    campaign = await drafted(desk)
    process = recording(desk, billed)
    bill(billed, campaign, 3)
    bill(billed, campaign, 7)
    assert await process.step() == 1
    assert await process.step() == 0
    bill(billed, campaign, 9)
    assert await process.step() == 1
    assert await spent(desk, campaign) == 3
    assert (await current(desk, CLAIMS, "acme", "0")).state == Claimed(first=8, last=9)
    assert await kinds(desk, f"budget-{campaign}") == ["allocated", "spent", "spent"]


async def test_a_restart_issues_the_newest_range_again_to_no_effect(billed):
    desk = new_desk()
    campaign = await drafted(desk)
    bill(billed, campaign, 5)
    await recording(desk, billed).step()
    assert await recording(desk, billed).step() == 1
    assert await spent(desk, campaign) == 1


async def test_a_process_killed_between_claim_and_spend_spends_after_its_restart(billed):
    desk = new_desk()
    campaign = await drafted(desk)
    bill(billed, campaign, 5)

    class Killed(SpendRecording):
        async def _spend(self, lane, claimed):
            if claimed.last:
                raise asyncio.CancelledError
            return await super()._spend(lane, claimed)

    with pytest.raises(asyncio.CancelledError):
        await Killed(desk, billed, partitions=1).step()
    assert await kinds(desk, "spend-0") == ["range_claimed"]
    bill(billed, campaign, 6)
    await recording(desk, billed).step()
    assert await spent(desk, campaign) == 2


async def test_however_often_it_restarts_each_bill_counts_once(billed):
    desk = new_desk()
    campaigns = [await drafted(desk) for _ in range(3)]
    for sequence in range(1, 31):
        bill(billed, campaigns[sequence % 3], sequence, partition=sequence % 2)
        await recording(desk, billed, partitions=2).step()
        await recording(Desk(desk.log, desk.clock), billed, partitions=2).step()
    assert [await spent(desk, campaign) for campaign in campaigns] == [10, 10, 10]


async def test_rivals_do_not_count_twice(billed):
    log = MemoryEventLog()
    desks = [Desk(log, StoppedClock(MONDAY)) for _ in range(4)]
    campaign = await drafted(desks[0])
    processes = [recording(desk, billed) for desk in desks]
    for sequence in range(1, 21):
        bill(billed, campaign, sequence)
        await asyncio.gather(*(process.step() for process in processes))
    assert await spent(desks[0], campaign) == 20


async def test_the_days_of_a_range_are_kept_apart(billed):
    desk = new_desk()
    campaign = await drafted(desk)
    bill(billed, campaign, 1, units=2)
    bill(billed, campaign, 2, units=3, day=TOMORROW)
    await recording(desk, billed).step()
    budget = (await current(desk, BUDGETS, "acme", campaign)).state
    assert budget.days == {TODAY: 2_000_000, TOMORROW: 3_000_000}
    assert budget.impressions == 5


async def test_tenants_in_one_partition_are_kept_apart(billed):
    desk = new_desk()
    ours, theirs = await drafted(desk), await drafted(desk, tenant=GLOBEX)
    bill(billed, ours, 1)
    bill(billed, theirs, 2, units=5, tenant=GLOBEX)
    await recording(desk, billed).step()
    assert await spent(desk, ours) == 1
    assert await spent(desk, theirs, tenant=GLOBEX) == 5


async def test_bad_bills_are_parked_and_do_not_hold_up_the_good(billed):
    desk = new_desk()
    campaign = await drafted(desk)
    bill(billed, "nobody", 1, units=4)
    bill(billed, campaign, 2, units=3, currency="EUR")
    bill(billed, campaign, 3)
    with capture_logs() as logs:
        await recording(desk, billed).step()
    assert [line["event"] for line in logs] == ["spend_parked", "spend_parked"]
    history = await desk.log.read("acme", "spend-0")
    parked = [msgspec.json.decode(recorded.data, type=SpendParked) for recorded in history[1:]]
    assert {(p.campaign, p.code, p.currency, p.micros, p.impressions) for p in parked} == {
        ("nobody", "budget_unknown", "USD", 4_000_000, 4),
        (campaign, "currency_mismatch", "EUR", 3_000_000, 3),
    }
    assert {(p.first, p.last) for p in parked} == {(1, 3)}
    assert await spent(desk, campaign) == 1


async def test_what_was_parked_is_recorded_once_over_restarts(billed):
    desk = new_desk()
    bill(billed, "nobody", 1, units=4)
    for _ in range(3):
        await recording(Desk(desk.log, desk.clock), billed).step()
    assert await kinds(desk, "spend-0") == ["range_claimed", "parked"]


async def test_an_alarm_rings_when_the_money_is_gone(billed):
    desk = new_desk()
    campaign = await drafted(desk)
    bill(billed, campaign, 1, units=BRIEF.budget.total.micros // 1_000_000)
    await recording(desk, billed).step()
    assert await kinds(desk, f"budget-{campaign}") == [
        "allocated",
        "spent",
        "nearing_limit",
        "exhausted",
        "daily_overspent",
    ]


async def test_a_log_that_fails_between_two_campaigns_loses_neither(billed):
    class Flaky(MemoryEventLog):
        fails = False

        async def append(self, tenant, stream, entries, *, after):
            if self.fails and stream.startswith("budget-"):
                self.fails = False
                raise LogUnreachable(stream)
            return await super().append(tenant, stream, entries, after=after)

    desk = Desk(Flaky(), StoppedClock(MONDAY))
    campaigns = [await drafted(desk) for _ in range(3)]
    process = recording(desk, billed)
    for sequence, campaign in enumerate(campaigns, start=1):
        bill(billed, campaign, sequence)
    desk.log.fails = True
    with pytest.raises(LogUnreachable):
        await process.step()
    await process.step()
    assert [await spent(desk, campaign) for campaign in campaigns] == [1, 1, 1]
