from datetime import timedelta

from msgspec.structs import replace
from structlog.testing import capture_logs

from commands.campaign import CAMPAIGNS, Action, EditCampaign, MoveCampaign, edit_campaign
from commands.campaign import move_campaign as move
from commands.campaign_timers import campaign_timers
from commands.desk import Desk
from commands.transact import current
from domain.campaign import stage_of
from domain.campaign.brief import BriefChanges
from tests.commands.desks import drafted, kinds, moved, new_desk
from tests.people import ANA, BRIEF, MONDAY, MONTHS_LATER, NEXT_MONDAY, actor, asks

APPROVED = (Action.SUBMIT, Action.APPROVE)
SCHEDULED = (*APPROVED, Action.SCHEDULE)
LIVE = (*APPROVED, Action.GO_LIVE)


async def waiting(*actions, brief=BRIEF):
    """A desk, a campaign that was taken this far, and the timers that watch over it."""
    desk = new_desk(MONDAY)
    campaign = await drafted(desk, brief)
    await moved(desk, campaign, *actions)
    return desk, campaign, campaign_timers(desk, desk.log)


def restarted(desk):
    """Another process over the same log, which knows nothing but what is on it."""
    other = Desk(desk.log, desk.clock)
    return campaign_timers(other, desk.log)


async def stage(desk, campaign):
    return stage_of((await current(desk, CAMPAIGNS, "acme", campaign)).state)


async def history(desk, campaign):
    return await kinds(desk, f"campaign-{campaign}")


async def test_a_scheduled_campaign_goes_live_at_its_time_and_not_before():
    desk, campaign, timers = await waiting(*SCHEDULED)
    desk.clock.at = NEXT_MONDAY - timedelta(seconds=1)
    assert await timers.step() == 0
    desk.clock.at = NEXT_MONDAY
    assert await timers.step() == 1
    assert await stage(desk, campaign) == "live"
    assert await timers.step() == 0


async def test_the_launch_is_on_record_as_what_the_approver_decided():
    desk, campaign, timers = await waiting(*SCHEDULED)
    desk.clock.at = NEXT_MONDAY
    await timers.step()
    recorded = await desk.log.read("acme", f"campaign-{campaign}")
    assert recorded[-1].causation_id == recorded[-2].event_id
    assert recorded[-1].actor == "process:launch"
    assert b'"role":"manager"' in recorded[-1].data


async def test_what_a_role_of_the_agencys_own_scheduled_goes_live_too():
    desk, campaign, timers = await waiting(*APPROVED)
    nora = actor("nora", "night_desk", permissions=["campaign:operate"])
    schedule = MoveCampaign(campaign=campaign, action=Action.SCHEDULE)
    await move(schedule, asking=asks(nora, "schedule"), desk=desk)
    desk.clock.at = NEXT_MONDAY
    assert await timers.step() == 1
    assert await stage(desk, campaign) == "live"


async def test_a_process_that_starts_late_launches_what_is_overdue_once():
    desk, campaign, _ = await waiting(*SCHEDULED)
    desk.clock.at = NEXT_MONDAY + timedelta(hours=5)
    for _ in range(2):
        timers = restarted(desk)
        await timers.step()
        await timers.step()
    assert (await history(desk, campaign)).count("went_live") == 1


async def test_two_processes_side_by_side_launch_and_end_once():
    desk, campaign, first = await waiting(*SCHEDULED)
    second = restarted(desk)
    for at in (NEXT_MONDAY, MONTHS_LATER):
        desk.clock.at = at
        for timers in (first, second, first, second):
            await timers.step()
    assert (await history(desk, campaign))[-2:] == ["went_live", "completed"]
    assert len(await history(desk, campaign)) == 7


async def test_a_clock_that_is_set_back_repeats_nothing():
    desk, campaign, timers = await waiting(*SCHEDULED)
    desk.clock.at = NEXT_MONDAY
    await timers.step()
    desk.clock.at = NEXT_MONDAY - timedelta(hours=1)
    for each in (timers, restarted(desk)):
        assert await each.step() == 0
    desk.clock.at = NEXT_MONDAY
    for each in (timers, restarted(desk)):
        assert await each.step() == 0
    assert (await history(desk, campaign)).count("went_live") == 1


async def test_a_clock_that_goes_back_between_looking_and_acting_ends_nothing_early():
    desk, campaign, timers = await waiting(*LIVE)
    told = iter([MONTHS_LATER, MONTHS_LATER - timedelta(hours=1), MONTHS_LATER, MONTHS_LATER])

    class Jumping:
        def now(self):
            return next(told)

    desk.clock = Jumping()
    assert await timers.step() == 0
    assert await stage(desk, campaign) == "live"
    assert await timers.step() == 1
    assert await stage(desk, campaign) == "completed"


async def test_a_paused_campaign_waits_and_goes_live_after_it_is_resumed():
    desk, campaign, timers = await waiting(*SCHEDULED)
    await moved(desk, campaign, Action.PAUSE)
    assert await timers.step() == 0
    await moved(desk, campaign, Action.RESUME)
    desk.clock.at = NEXT_MONDAY
    assert await timers.step() == 1
    assert await stage(desk, campaign) == "live"


async def test_a_campaign_that_is_paused_past_its_time_stays_paused():
    desk, campaign, timers = await waiting(*SCHEDULED)
    await moved(desk, campaign, Action.PAUSE)
    desk.clock.at = NEXT_MONDAY
    assert await timers.step() == 0
    assert await stage(desk, campaign) == "paused"


async def test_an_edited_campaign_is_neither_launched_nor_ended():
    desk, campaign, timers = await waiting(*SCHEDULED)
    edit = EditCampaign(campaign=campaign, changes=BriefChanges(name="Later"))
    await edit_campaign(edit, asking=asks(ANA, "edit"), desk=desk)
    for at in (NEXT_MONDAY, MONTHS_LATER):
        desk.clock.at = at
        assert await timers.step() == 0
    assert await stage(desk, campaign) == "draft"


async def test_an_edit_moves_the_launch_and_the_end_of_what_is_approved_again():
    desk, campaign, timers = await waiting(*SCHEDULED)
    await timers.step()
    later = NEXT_MONDAY + timedelta(days=1)
    changes = BriefChanges(starts_at=later, ends_at=later + timedelta(days=1))
    edit = EditCampaign(campaign=campaign, changes=changes)
    await edit_campaign(edit, asking=asks(ANA, "edit"), desk=desk)
    await moved(desk, campaign, *SCHEDULED)
    for at, stands in (
        (NEXT_MONDAY, "scheduled"),
        (later, "live"),
        (later + timedelta(days=1), "completed"),
    ):
        desk.clock.at = at
        await timers.step()
        assert await stage(desk, campaign) == stands


async def test_whatever_runs_or_waits_ends_at_its_end():
    ways = {
        "live": LIVE,
        "paused": (*LIVE, Action.PAUSE),
        "held back": (*SCHEDULED, Action.PAUSE),
        "launched by hand": (*SCHEDULED, Action.GO_LIVE),
    }
    for way in ways.values():
        desk, campaign, timers = await waiting(*way)
        desk.clock.at = MONTHS_LATER - timedelta(seconds=1)
        await timers.step()
        assert "completed" not in await history(desk, campaign)
        desk.clock.at = MONTHS_LATER
        await timers.step()
        recorded = await desk.log.read("acme", f"campaign-{campaign}")
        assert recorded[-1].kind == "campaign.completed.v1"
        assert recorded[-1].actor == "process:end"
        assert recorded[-1].causation_id == recorded[0].event_id


async def test_what_was_never_launched_or_has_no_end_does_not_end():
    endless = replace(BRIEF, ends_at=None)
    for brief, way in ((BRIEF, APPROVED), (BRIEF, (Action.SUBMIT,)), (endless, LIVE)):
        desk, _, timers = await waiting(*way, brief=brief)
        desk.clock.at = MONTHS_LATER + timedelta(days=365)
        assert await timers.step() == 0


async def test_a_campaign_that_was_completed_by_hand_ends_once():
    desk, campaign, timers = await waiting(*LIVE, Action.COMPLETE)
    desk.clock.at = MONTHS_LATER
    assert await timers.step() == 0
    assert (await history(desk, campaign)).count("completed") == 1


async def test_a_campaign_that_slept_through_its_whole_flight_ends_with_a_word():
    desk, campaign, timers = await waiting(*SCHEDULED)
    desk.clock.at = MONTHS_LATER
    with capture_logs() as logs:
        await timers.step()
        await timers.step()
    assert [line["code"] for line in logs] == ["campaign_over"]
    assert await stage(desk, campaign) == "completed"
