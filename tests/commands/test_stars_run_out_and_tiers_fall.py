from datetime import timedelta

import pytest

from commands.loyalty import MEMBERS, EarnStars, EnrolMember, RedeemStars, ask_member
from commands.loyalty_timers import LoyaltyTimers
from commands.transact import current
from tests.commands.desks import kinds, new_desk
from tests.people import ANA, GLOBEX, MONDAY, asks, usd

INACTIVE = timedelta(days=180)
YEAR = timedelta(days=365)


class Member:
    """Mia, at a desk whose clock a test sets."""

    def __init__(self, desk=None, tenant="acme"):
        self.desk, self.tenant = desk or new_desk(), tenant
        self.asked = 0

    async def asks(self, command):
        self.asked += 1
        asking = asks(ANA, f"{type(command).__name__}-{self.asked}", tenant=self.tenant)
        return await ask_member(command, asking=asking, desk=self.desk)

    async def with_stars(self, units):
        await self.asks(EnrolMember(member="mia"))
        await self.earns("first", units)
        return self

    async def earns(self, purchase, units):
        await self.asks(EarnStars(member="mia", purchase=purchase, amount=usd(units)))

    async def redeems(self, redemption, stars):
        await self.asks(RedeemStars(member="mia", redemption=redemption, stars=stars))

    async def ref(self):
        return (await self.desk.keys.known(self.tenant, "mia")).ref

    async def state(self):
        return (await current(self.desk, MEMBERS, self.tenant, await self.ref())).state

    async def history(self):
        return await kinds(self.desk, f"member-{await self.ref()}", tenant=self.tenant)


async def test_stars_run_out_at_their_time_and_not_before():
    mia = await Member().with_stars(100)
    timers = LoyaltyTimers(mia.desk, mia.desk.log)
    mia.desk.clock.at = MONDAY + INACTIVE - timedelta(seconds=1)
    assert await timers.step() == 0
    mia.desk.clock.at = MONDAY + INACTIVE
    assert await timers.step() == 1
    assert (await mia.state()).balance == 0
    assert (await mia.history()).count("stars_expired") == 1
    assert await timers.step() == 0


@pytest.mark.parametrize("activity", ["earns", "redeems"])
async def test_activity_puts_the_end_off(activity):
    mia = await Member().with_stars(100)
    timers = LoyaltyTimers(mia.desk, mia.desk.log)
    await timers.step()
    mia.desk.clock.at = MONDAY + INACTIVE - timedelta(days=1)
    await getattr(mia, activity)("second", 10)
    mia.desk.clock.at = MONDAY + INACTIVE
    assert await timers.step() == 0
    mia.desk.clock.at += INACTIVE - timedelta(days=1)
    assert await timers.step() == 1


async def test_a_restart_and_a_second_process_let_stars_run_out_once():
    mia = await Member().with_stars(100)
    mia.desk.clock.at = MONDAY + INACTIVE
    for _ in range(3):
        timers = LoyaltyTimers(mia.desk, mia.desk.log)
        await timers.step()
        await timers.step()
    assert (await mia.history()).count("stars_expired") == 1


async def test_a_clock_set_back_lets_nothing_run_out_twice():
    mia = await Member().with_stars(100)
    timers = LoyaltyTimers(mia.desk, mia.desk.log)
    mia.desk.clock.at = MONDAY + INACTIVE
    await timers.step()
    mia.desk.clock.at -= timedelta(hours=1)
    await mia.earns("second", 7)
    await timers.step()
    mia.desk.clock.at += timedelta(hours=1)
    await timers.step()
    assert (await mia.history()).count("stars_expired") == 1
    assert (await mia.state()).balance == 7


async def test_a_tier_falls_step_by_step_as_its_stars_grow_old():
    mia = await Member().with_stars(400)
    mia.desk.clock.at = MONDAY + timedelta(days=100)
    await mia.earns("second", 400)
    assert (await mia.state()).tier == "gold"
    timers = LoyaltyTimers(mia.desk, mia.desk.log)
    tiers = {}
    for days in (364, 365, 464, 465):
        mia.desk.clock.at = MONDAY + timedelta(days=days)
        await timers.step()
        await timers.step()  # what the first settled may have put on the agenda
        tiers[days] = (await mia.state()).tier
    assert tiers == {364: "gold", 365: "silver", 464: "silver", 465: "basic"}


async def test_a_late_timer_finds_what_a_purchase_settled_before_it():
    mia = await Member().with_stars(600)
    mia.desk.clock.at = MONDAY + YEAR
    await mia.earns("second", 1)
    history = await mia.history()
    assert history[-4:] == ["stars_expired", "tier_changed", "stars_earned", "tier_changed"]
    timers = LoyaltyTimers(mia.desk, mia.desk.log)
    await timers.step()
    assert await mia.history() == history


async def test_every_tenant_has_members_of_its_own():
    desk = new_desk()
    ours, theirs = Member(desk), Member(desk, GLOBEX)
    await ours.with_stars(100)
    await theirs.with_stars(50)
    assert await ours.ref() != await theirs.ref()
    desk.clock.at = MONDAY + INACTIVE
    assert await LoyaltyTimers(desk, desk.log).step() == 2
    assert (await ours.state()).balance == (await theirs.state()).balance == 0


async def test_what_a_timer_did_names_its_cause():
    mia = await Member().with_stars(100)
    mia.desk.clock.at = MONDAY + INACTIVE
    await LoyaltyTimers(mia.desk, mia.desk.log).step()
    history = await mia.desk.log.read("acme", f"member-{await mia.ref()}")
    earned = next(event for event in history if event.kind == "member.stars_earned.v1")
    assert history[-1].causation_id == earned.event_id
    assert history[-1].actor == "process:loyalty"
