"""A machine's clock set back an hour changes what events say of the time, and nothing else."""

import itertools
from datetime import timedelta

import pytest

from adapters.clock import StoppedClock
from adapters.memory_keys import MemoryKeyRing
from adapters.sqlite_log import SqliteEventLog
from commands.campaign import CAMPAIGNS, Action
from commands.campaign_timers import campaign_timers
from commands.desk import Desk
from commands.sealing import Sealing
from commands.transact import current
from domain.campaign import stage_of
from ops.audit_trail import LoggedTrail
from tests.commands.desks import drafted, moved
from tests.people import MONDAY, NEXT_MONDAY

HOUR = timedelta(hours=1)


@pytest.fixture
async def desk(tmp_path):
    async with SqliteEventLog(tmp_path / "events.sqlite") as log:
        yield Desk(log, StoppedClock(MONDAY), keys=MemoryKeyRing())


async def test_versions_and_positions_go_on_where_they_were(desk):
    campaign = await drafted(desk)
    desk.clock.at = MONDAY - HOUR
    await moved(desk, campaign, Action.SUBMIT, Action.APPROVE)
    history = await desk.log.read("acme", f"campaign-{campaign}")
    assert [each.version for each in history] == list(range(1, len(history) + 1))
    assert history[0].recorded_at - history[-1].recorded_at == HOUR
    feed = await desk.log.after(0, limit=100)
    assert all(one.position < other.position for one, other in itertools.pairwise(feed))
    assert list(feed) == list(history)
    assert (await desk.log.verify()).findings == ()


async def test_what_was_done_in_its_time_is_not_done_again_when_the_time_comes_again(desk):
    campaign = await drafted(desk)
    await moved(desk, campaign, Action.SUBMIT, Action.APPROVE, Action.SCHEDULE)
    timers = campaign_timers(desk, desk.log)
    desk.clock.at = NEXT_MONDAY
    assert await timers.step() == 1
    before = await desk.log.read("acme", f"campaign-{campaign}")
    restarted = campaign_timers(Desk(desk.log, desk.clock), desk.log)
    for at in (NEXT_MONDAY - HOUR, NEXT_MONDAY):
        desk.clock.at = at
        assert (await timers.step(), await restarted.step()) == (0, 0)
    assert await desk.log.read("acme", f"campaign-{campaign}") == before
    assert stage_of((await current(desk, CAMPAIGNS, "acme", campaign)).state) == "live"


async def test_the_state_as_of_a_moment_is_that_of_the_events_in_their_order(desk):
    campaign = await drafted(desk)
    desk.clock.at = MONDAY - HOUR
    await moved(desk, campaign, Action.SUBMIT)
    trail = LoggedTrail(desk.log)
    then = await trail.state("acme", f"campaign-{campaign}", as_of=MONDAY)
    assert then.version == 2
    # By the later event's own time the campaign had not been drafted: no submission without it.
    assert await trail.state("acme", f"campaign-{campaign}", as_of=MONDAY - HOUR) is None


async def test_seals_follow_the_order_of_commits(desk):
    sealing = Sealing(desk, desk.log, every_s=0.0)
    for at in (MONDAY, MONDAY - HOUR, MONDAY):
        desk.clock.at = at
        await drafted(desk)
        assert await sealing.step() == 1
    assert (await desk.log.verify()).findings == ()
