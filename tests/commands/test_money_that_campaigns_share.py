"""Two streams and no transaction over both: whatever happens in between, the total holds."""

import asyncio
import itertools
import random
from datetime import timedelta

import pytest
from msgspec.structs import replace

from adapters.clock import StoppedClock
from adapters.memory import MemoryBilledSpend, MemoryEventLog
from adapters.sqlite_log import SqliteEventLog
from commands.budget import BUDGETS
from commands.budget_allocation import BudgetAllocation
from commands.budget_reservations import (
    CommitReservation,
    ReleaseReservation,
    ReserveBudget,
    commit_reservation,
    release_reservation,
    reserve_budget,
)
from commands.budget_timers import budget_timers
from commands.desk import Desk
from commands.ports import LogUnreachable, Overtaken
from commands.shared_budget import SHARED_BUDGETS, SetSharedBudget, set_shared_budget
from commands.shared_spending import shared_spending
from commands.spend import SpendRecording
from commands.transact import StaleVersion, current
from domain.budget.holds import held
from domain.budget.reservations import BudgetShort
from domain.campaign.brief import BudgetPlan
from domain.refusal import Refusal
from domain.shared_budget.decisions import MembersWrong
from tests.commands.desks import drafted, kinds, new_desk
from tests.commands.test_bills_become_spend import bill
from tests.people import ANA, BRIEF, MONDAY, asks, eur, usd

NUMBERS = itertools.count()
RICH = replace(BRIEF, budget=BudgetPlan(total=usd(1_000), daily=None))
SOON = MONDAY + timedelta(minutes=5)


def asked():
    return asks(ANA, f"shared-{next(NUMBERS)}")


async def shared(desk, campaigns, *, total=100, name="flowers", expected=None, **more):
    command = SetSharedBudget(
        shared_budget=name,
        advertiser="Flowers Ltd",
        total=usd(total),
        campaigns=tuple(campaigns),
        **more,
    )
    return await set_shared_budget(command, asking=asked(), desk=desk, expected_version=expected)


async def reserve(desk, campaign, units, *, name="r", until=SOON, asking=None):
    command = ReserveBudget(
        campaign=campaign, reservation=name, amount=usd(units), expires_at=until
    )
    return await reserve_budget(command, asking=asking or asked(), desk=desk)


async def commit(desk, campaign, units=None, *, name="r"):
    amount = None if units is None else usd(units)
    command = CommitReservation(campaign=campaign, reservation=name, amount=amount)
    return await commit_reservation(command, asking=asked(), desk=desk)


async def standing(desk, name="flowers"):
    return (await current(desk, SHARED_BUDGETS, "acme", name)).state


async def budget_of(desk, campaign):
    return (await current(desk, BUDGETS, "acme", campaign)).state


async def two_campaigns(desk):
    return [await drafted(desk, RICH), await drafted(desk, RICH)]


async def at_rest(agenda):
    while await agenda.step():
        pass


async def test_a_campaign_reserves_of_both_and_gives_back_to_both():
    desk = new_desk()
    first, second = await two_campaigns(desk)
    await shared(desk, (first, second))
    await reserve(desk, first, 70)
    with pytest.raises(BudgetShort) as short:
        await reserve(desk, second, 31)
    assert short.value.details["left_micros"] == "30000000"
    await commit(desk, first, 50)
    assert (await standing(desk)).spent_micros == 50_000_000
    await reserve(desk, second, 50)
    assert (await standing(desk)).left_on(MONDAY.date()) == 0
    release = ReleaseReservation(campaign=second, reservation="r")
    await release_reservation(release, asking=asked(), desk=desk)
    assert (await standing(desk)).left_on(MONDAY.date()) == 50_000_000


async def test_what_the_campaigns_own_budget_refuses_is_not_held():
    desk = new_desk()
    poor = await drafted(desk, replace(RICH, budget=BudgetPlan(total=usd(10))))
    await shared(desk, (poor,))
    for _ in range(3):
        with pytest.raises(BudgetShort):
            await reserve(desk, poor, 11, asking=asks(ANA, "the-same-key"))
    assert (await standing(desk)).holds == {}
    assert await kinds(desk, "shared_budget-flowers") == ["set", *["held", "hold_dropped"] * 3]


async def test_the_same_request_again_holds_once():
    desk = new_desk()
    (first, _) = campaigns = await two_campaigns(desk)
    await shared(desk, campaigns)
    outcomes = [await reserve(desk, first, 70, asking=asks(ANA, "a-key")) for _ in range(3)]
    assert [outcome.replayed for outcome in outcomes] == [False, True, True]
    await reserve(desk, first, 70)  # and so does the same reservation under another key
    assert held((await standing(desk)).holds.values()) == 70_000_000


async def test_when_the_shared_money_is_gone_every_member_stops_until_there_is_more():
    desk = new_desk()
    billed, campaigns = MemoryBilledSpend(), await two_campaigns(desk)
    await shared(desk, campaigns)
    agenda = shared_spending(desk, desk.log)
    bill(billed, campaigns[0], 1, units=100)
    await SpendRecording(desk, billed, partitions=1).step()
    await at_rest(agenda)
    assert [(await budget_of(desk, c)).halts for c in campaigns] == [{"flowers": None}] * 2
    version = (await current(desk, SHARED_BUDGETS, "acme", "flowers")).version
    await shared(desk, campaigns, total=200, expected=version)
    assert [(await budget_of(desk, c)).halts for c in campaigns] == [{}, {}]
    assert await kinds(desk, f"budget-{campaigns[1]}") == [
        "allocated", "shared_joined", "halted", "released",
    ]  # fmt: skip


async def test_a_days_share_stops_members_until_midnight_of_the_advertiser():
    desk = new_desk()
    billed, campaigns = MemoryBilledSpend(), await two_campaigns(desk)
    await shared(desk, campaigns, daily=usd(20), time_zone="America/New_York")
    bill(billed, campaigns[0], 1, units=20)
    await SpendRecording(desk, billed, partitions=1).step()
    await at_rest(shared_spending(desk, desk.log))
    halts = (await budget_of(desk, campaigns[1])).halts
    assert {name: until.isoformat() for name, until in halts.items()} == {
        "flowers": "2026-03-03T05:00:00+00:00"
    }


async def test_spend_before_joining_and_after_leaving_is_not_shared():
    desk = new_desk()
    billed, (first, second) = MemoryBilledSpend(), await two_campaigns(desk)
    spending = SpendRecording(desk, billed, partitions=1)
    agenda = shared_spending(desk, desk.log)
    for sequence, members in enumerate([(second,), (first, second), (second,)], start=1):
        folded = await current(desk, SHARED_BUDGETS, "acme", "flowers")
        await shared(desk, members, expected=folded.version)
        bill(billed, first, sequence, units=10**sequence)
        await spending.step()
        await at_rest(agenda)
    assert (await standing(desk)).spent_micros == 100_000_000
    assert (await budget_of(desk, first)).shared == frozenset()


async def test_whoever_did_not_read_the_newest_plan_does_not_overwrite_it():
    desk = new_desk()
    campaigns = await two_campaigns(desk)
    await shared(desk, campaigns, expected=0)
    with pytest.raises(StaleVersion):
        await shared(desk, campaigns, total=50, expected=0)
    await reserve(desk, campaigns[0], 5)
    await shared(desk, campaigns, total=50, expected=1)  # a hold since then overwrites nothing
    with pytest.raises(StaleVersion):
        await shared(desk, campaigns, total=60, expected=1)


async def test_campaigns_that_cannot_share_are_named():
    desk = new_desk()
    in_euros = replace(
        RICH, budget=BudgetPlan(total=eur(9)), offers=(replace(RICH.offers[0], bid_cpm=eur(2)),)
    )
    campaigns = (await drafted(desk, RICH), "nobody", await drafted(desk, in_euros))
    with pytest.raises(MembersWrong) as wrong:
        await shared(desk, campaigns)
    assert [error.pointer for error in wrong.value.errors] == ["/campaigns/1", "/campaigns/2"]


@pytest.mark.parametrize("stops", ["shared_budget-", "budget-"])
async def test_a_crash_in_between_holds_money_and_never_promises_it_twice(stops):
    class Stopping(MemoryEventLog):
        stops = ""

        async def append(self, tenant, stream, entries, *, after):
            if self.stops and stream.startswith(self.stops):
                raise LogUnreachable(stream)
            return await super().append(tenant, stream, entries, after=after)

    log = Stopping()
    desk = Desk(log, StoppedClock(MONDAY))
    first, second = await two_campaigns(desk)
    await shared(desk, (first, second))
    log.stops = stops
    with pytest.raises(LogUnreachable):
        await reserve(desk, first, 80)
    log.stops = ""
    lost = 80 if stops == "budget-" else 0
    assert held((await standing(desk)).holds.values()) == lost * 1_000_000
    later = Desk(log, StoppedClock(SOON + timedelta(seconds=10)))
    await at_rest(shared_spending(later, log))
    assert (await standing(later)).holds == {}
    await reserve(later, second, 100, until=SOON + timedelta(minutes=5))


async def test_a_crash_after_a_commit_is_made_good_by_the_process():
    desk = new_desk()
    first, second = await two_campaigns(desk)
    await shared(desk, (first, second))
    await reserve(desk, first, 100)

    class Deaf(MemoryEventLog):
        async def append(self, tenant, stream, entries, *, after):
            if stream.startswith("shared_budget-"):
                raise Overtaken(stream)
            return await desk.log.append(tenant, stream, entries, after=after)

        async def read(self, tenant, stream, *, after=0, upto=None):
            return await desk.log.read(tenant, stream, after=after, upto=upto)

    await commit(Desk(Deaf(), desk.clock), first)
    fresh = Desk(desk.log, StoppedClock(MONDAY))
    assert (await standing(fresh)).spent_micros == 0
    with pytest.raises(BudgetShort):
        await reserve(fresh, second, 1)  # what was committed is still held
    await at_rest(shared_spending(fresh, desk.log))
    state = await standing(fresh)
    assert (state.spent_micros, state.holds, state.exhausted) == (100_000_000, {}, True)
    assert (await budget_of(fresh, second)).halts == {"flowers": None}


class Interleaved(MemoryEventLog):
    """Lets others go first, by chance, before and after each read and append."""

    def __init__(self, chance):
        super().__init__()
        self.chance = chance

    async def read(self, tenant, stream, *, after=0, upto=None):
        await self.others()
        history = await super().read(tenant, stream, after=after, upto=upto)
        await self.others()
        return history

    async def append(self, tenant, stream, entries, *, after):
        await self.others()
        appended = await super().append(tenant, stream, entries, after=after)
        await self.others()
        return appended

    async def others(self):
        for _ in range(self.chance.randint(0, 4)):
            await asyncio.sleep(0)


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_several_people_do_at_once_the_shared_total_holds(seed):
    log = Interleaved(random.Random(seed))
    desks = [Desk(log, StoppedClock(MONDAY)) for _ in range(4)]
    campaigns = await two_campaigns(desks[0])
    await shared(desks[0], campaigns)
    most = await _pressed(desks, campaigns, random.Random(seed), rounds=12)
    assert 0 < most <= 100_000_000
    state = await standing(Desk(log, StoppedClock(MONDAY)))
    committed = [(await budget_of(desks[0], c)).spent_micros for c in campaigns]
    assert sum(committed) == state.spent_micros


async def test_it_holds_over_a_log_in_a_file_too(tmp_path):
    async with SqliteEventLog(tmp_path / "events.sqlite") as log:
        desks = [Desk(log, StoppedClock(MONDAY)) for _ in range(3)]
        campaigns = await two_campaigns(desks[0])
        await shared(desks[0], campaigns)
        most = await _pressed(desks, campaigns, random.Random(7), rounds=6)
        assert 0 < most <= 100_000_000


async def _pressed(desks, campaigns, chance, *, rounds):
    """Return the most ever promised while many ask at once and the process managers run."""
    most = 0
    agendas = [shared_spending(desks[-1], desks[-1].log), budget_timers(desks[-1], desks[-1].log)]
    for _ in range(rounds):
        doings = [_something(chance.choice(desks), campaigns, chance) for _ in range(8)]
        await asyncio.gather(*doings, *(agenda.step() for agenda in agendas))
        onlooker = Desk(desks[0].log, StoppedClock(MONDAY))
        state = await standing(onlooker)
        spent = open_ = 0
        for campaign in campaigns:
            budget = await budget_of(onlooker, campaign)
            spent += budget.spent_micros
            open_ += held(budget.holds.values())
        most = max(most, spent + open_, state.spent_micros + held(state.holds.values()))
        for desk in desks:
            desk.clock.at += timedelta(seconds=chance.randint(0, 90))
    for agenda in agendas:
        await at_rest(agenda)
    return most


async def _something(desk, campaigns, chance):
    campaign, name = chance.choice(campaigns), chance.choice("abc") + str(next(NUMBERS) % 40)
    try:
        match chance.choice(["reserve", "reserve", "commit", "release"]):
            case "reserve":
                until = desk.clock.now() + timedelta(seconds=chance.randint(1, 200))
                await reserve(desk, campaign, chance.randint(1, 40), name=name, until=until)
            case "commit":
                budget = await budget_of(desk, campaign)
                if budget is not None and getattr(budget, "holds", None):
                    await commit(desk, campaign, name=chance.choice(sorted(budget.holds)))
            case "release":
                budget = await budget_of(desk, campaign)
                if getattr(budget, "holds", None):
                    release = ReleaseReservation(
                        campaign=campaign, reservation=chance.choice(sorted(budget.holds))
                    )
                    await release_reservation(release, asking=asked(), desk=desk)
    except (Refusal, Overtaken):
        return


async def test_briefs_read_later_change_nothing_of_it():
    desk = new_desk()
    campaigns = await two_campaigns(desk)
    await shared(desk, campaigns)
    await BudgetAllocation(desk, desk.log).step()
    assert await kinds(desk, f"budget-{campaigns[0]}") == ["allocated", "shared_joined"]
