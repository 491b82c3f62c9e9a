from datetime import timedelta

from structlog.testing import capture_logs

from commands.campaign import CAMPAIGNS, Action, EditCampaign, edit_campaign
from commands.launching import Launching
from commands.transact import current
from domain.campaign import stage_of
from domain.campaign.brief import BriefChanges
from tests.commands.desks import drafted, kinds, moved, new_desk
from tests.people import ANA, MONDAY, MONTHS_LATER, NEXT_MONDAY, asks

SCHEDULED = (Action.SUBMIT, Action.APPROVE, Action.SCHEDULE)


async def scheduled():
    desk = new_desk(MONDAY)
    campaign = await drafted(desk)
    await moved(desk, campaign, *SCHEDULED)
    return desk, campaign, Launching(desk, desk.log)


async def stage(desk, campaign):
    return stage_of((await current(desk, CAMPAIGNS, "acme", campaign)).state)


async def test_a_scheduled_campaign_goes_live_at_its_time_and_not_before():
    desk, campaign, launching = await scheduled()
    desk.clock.at = NEXT_MONDAY - timedelta(seconds=1)
    assert await launching.step() == 0
    desk.clock.at = NEXT_MONDAY
    assert await launching.step() == 1
    assert await stage(desk, campaign) == "live"
    assert await launching.step() == 0


async def test_the_launch_is_on_record_as_what_the_approver_decided():
    desk, campaign, launching = await scheduled()
    desk.clock.at = NEXT_MONDAY
    await launching.step()
    history = await desk.log.read("acme", f"campaign-{campaign}")
    assert history[-1].causation_id == history[-2].event_id
    assert history[-1].actor == "process:launch"
    assert b'"role":"manager"' in history[-1].data


async def test_a_process_that_starts_late_launches_what_is_overdue_once():
    desk, campaign, _ = await scheduled()
    desk.clock.at = NEXT_MONDAY + timedelta(hours=5)
    for _ in range(2):
        fresh = Launching(desk, desk.log)
        await fresh.step()
        await fresh.step()
    assert (await kinds(desk, f"campaign-{campaign}")).count("went_live") == 1


async def test_a_paused_campaign_waits_and_goes_live_after_it_is_resumed():
    desk, campaign, launching = await scheduled()
    await moved(desk, campaign, Action.PAUSE)
    assert await launching.step() == 0
    await moved(desk, campaign, Action.RESUME)
    desk.clock.at = NEXT_MONDAY
    assert await launching.step() == 1
    assert await stage(desk, campaign) == "live"


async def test_a_campaign_that_is_paused_past_its_time_stays_paused():
    desk, campaign, launching = await scheduled()
    await moved(desk, campaign, Action.PAUSE)
    desk.clock.at = NEXT_MONDAY
    assert await launching.step() == 0
    assert await stage(desk, campaign) == "paused"


async def test_an_edited_campaign_is_not_launched():
    desk, campaign, launching = await scheduled()
    edit = EditCampaign(campaign=campaign, changes=BriefChanges(name="Later"))
    await edit_campaign(edit, asking=asks(ANA, "edit"), desk=desk)
    desk.clock.at = NEXT_MONDAY
    assert await launching.step() == 0
    assert await stage(desk, campaign) == "draft"


async def test_a_campaign_that_can_no_longer_run_is_given_up_with_a_word():
    desk, campaign, launching = await scheduled()
    desk.clock.at = MONTHS_LATER
    with capture_logs() as logs:
        await launching.step()
        await launching.step()
    assert [line["code"] for line in logs] == ["campaign_over"]
    assert await stage(desk, campaign) == "scheduled"
