"""Reservations expire, pace is judged every hour, and days end at the advertiser's midnight."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from adapters.clock import StoppedClock
from adapters.memory import MemoryBilledSpend, MemoryEventLog
from adapters.sqlite_log import SqliteEventLog
from commands.advertisers import RecordAdvertiser, take_on_advertiser
from commands.budget_allocation import BudgetAllocation
from commands.budget_reservations import ReserveBudget, reserve_budget
from commands.budget_timers import budget_timers
from commands.campaign import Action
from commands.desk import Desk
from commands.ports import Overtaken
from commands.spend import SpendRecording
from commands.tenant import OpenTenant, open_tenant_books
from domain.budget.events import BudgetSpent
from domain.budget.reservations import BudgetShort
from domain.campaign.brief import BudgetPlan
from tests.commands.desks import drafted, kinds, moved, new_desk
from tests.commands.test_bills_become_spend import bill
from tests.commands.test_money_that_campaigns_share import asked, at_rest, budget_of, reserve
from tests.people import ANA, BRIEF, MONDAY, asks, usd

SOON, HOUR, DAY = MONDAY + timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)
RICH = replace(
    BRIEF,
    budget=BudgetPlan(total=usd(1_000), daily=None),
    starts_at=MONDAY,
    ends_at=MONDAY + 10 * DAY,
)


async def live(desk, brief=RICH):
    campaign = await drafted(desk, brief)
    await moved(desk, campaign, Action.SUBMIT, Action.APPROVE, Action.GO_LIVE)
    await BudgetAllocation(desk, desk.log).step()
    return campaign


async def test_a_reservation_expires_once_its_time_is_over_also_after_a_restart():
    desk = new_desk()
    campaign = await live(desk)
    await reserve(desk, campaign, 100)
    timers = budget_timers(desk, desk.log)
    await timers.step()
    assert (await budget_of(desk, campaign)).holds
    desk.clock.at = SOON
    for agenda in (timers, budget_timers(desk, desk.log), budget_timers(desk, desk.log)):
        await at_rest(agenda)
    assert (await kinds(desk, f"budget-{campaign}"))[-1] == "reservation_expired"
    assert (await kinds(desk, f"budget-{campaign}")).count("reservation_expired") == 1


async def test_pace_is_judged_every_hour_while_the_campaign_runs():
    desk = new_desk()
    campaign = await live(desk)
    timers = budget_timers(desk, desk.log)
    await timers.step()
    for hours in range(1, 30):  # a hundredth of the flight is over after two hours and a half
        desk.clock.at = MONDAY + hours * HOUR
        await timers.step()
    history = await desk.log.read("acme", f"budget-{campaign}")
    (behind,) = [r for r in history if r.kind == "budget.pacing_behind.v1"]
    assert behind.recorded_at == MONDAY + 3 * HOUR
    await moved(desk, campaign, Action.PAUSE)
    await timers.step()
    assert not timers._pending


async def test_a_restart_judges_the_pace_at_once():
    desk = new_desk()
    campaign = await live(desk)
    desk.clock.at = MONDAY + 2 * DAY
    await budget_timers(desk, desk.log).step()
    assert (await kinds(desk, f"budget-{campaign}"))[-1] == "pacing_behind"


async def opened(desk, **advertiser):
    asking = asks(ANA, "open")
    await open_tenant_books(OpenTenant(name="Acme"), asking=asking, desk=desk)
    command = RecordAdvertiser(advertiser="flowers", name="Flowers Ltd", **advertiser)
    await take_on_advertiser(command, asking=asks(ANA, "advertiser"), desk=desk)


@pytest.mark.parametrize("named", ["flowers", "Flowers Ltd"])
async def test_a_budget_counts_days_by_its_advertisers_clock(named):
    desk, billed = new_desk(), MemoryBilledSpend()
    await opened(desk, currency="USD", time_zone="America/Los_Angeles")
    campaign = await live(desk, replace(RICH, advertiser=named))
    midnight = datetime(2026, 3, 8, 8, tzinfo=UTC)
    quarter = timedelta(minutes=15)
    # The eighth has 23 hours there: it ends at seven in the morning of UTC.
    for sequence, at in enumerate([midnight - quarter, midnight, midnight + 23 * HOUR], start=1):
        bill(billed, campaign, sequence, units=sequence, at=at)
    await SpendRecording(desk, billed, partitions=1).step()
    budget = await budget_of(desk, campaign)
    assert budget.time_zone == "America/Los_Angeles"
    assert budget.days == {
        date(2026, 3, 7): 1_000_000,
        date(2026, 3, 8): 2_000_000,
        date(2026, 3, 9): 3_000_000,
    }
    history = await desk.log.read("acme", f"budget-{campaign}")
    events = [r for r in history if r.kind == "budget.spent.v1"]
    assert [msgspec.json.decode(r.data, type=BudgetSpent).on.day for r in events] == [7, 8, 9]


async def test_an_advertiser_pays_in_their_own_currency_alone():
    desk = new_desk()
    await opened(desk, currency="EUR", time_zone="Europe/Berlin")
    campaign = await drafted(desk, RICH)
    await BudgetAllocation(desk, desk.log).step()
    assert await kinds(desk, f"budget-{campaign}") == []
    assert await kinds(desk, f"allocation-{campaign}") == ["parked"]


async def test_an_advertiser_whom_nobody_entered_counts_days_in_utc():
    desk = new_desk()
    campaign = await live(desk)
    assert (await budget_of(desk, campaign)).time_zone == "UTC"


async def _granted(logs):
    desks = [Desk(log, StoppedClock(MONDAY)) for log in logs]
    campaign = await live(desks[0])

    async def ask(number):
        command = ReserveBudget(
            campaign=campaign, reservation=f"r{number}", amount=usd(100), expires_at=SOON
        )
        asking = asked()
        while True:
            try:
                return await reserve_budget(command, asking=asking, desk=desks[number % len(desks)])
            except Overtaken:
                continue
            except BudgetShort as short:
                return short

    answers = await asyncio.gather(*(ask(number) for number in range(40)))
    refused = [answer for answer in answers if isinstance(answer, BudgetShort)]
    assert {short.details["left_micros"] for short in refused} == {"0"}
    return len((await budget_of(desks[0], campaign)).holds), len(refused)


async def test_forty_ask_at_once_for_what_is_enough_for_ten():
    assert await _granted([MemoryEventLog()] * 4) == (10, 30)


async def test_forty_ask_at_once_over_one_file_and_several_connections(tmp_path):
    path = tmp_path / "events.sqlite"
    async with SqliteEventLog(path) as one, SqliteEventLog(path) as other:
        assert await _granted([one, other, one, other]) == (10, 30)
