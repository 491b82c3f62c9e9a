import msgspec
import pytest

from adapters.clock import StoppedClock
from adapters.memory import MemoryEventLog
from commands.campaign import (
    CAMPAIGNS,
    Action,
    CreateCampaign,
    EditCampaign,
    MoveCampaign,
    create_campaign,
    edit_campaign,
    move_campaign,
)
from commands.desk import Desk
from commands.transact import StaleVersion, current
from domain.campaign import stage_of
from domain.campaign.brief import BriefChanges
from domain.campaign.refusals import CampaignUnknown, OwnWorkApproved
from tests.commands.desks import drafted, kinds, moved, new_desk
from tests.people import ANA, BEN, BIGGER, BRIEF, GLOBEX, MONDAY, NEXT_MONDAY, asks

LIFE = (
    Action.SUBMIT,
    Action.APPROVE,
    Action.SCHEDULE,
    Action.GO_LIVE,
    Action.PAUSE,
    Action.RESUME,
    Action.COMPLETE,
    Action.ARCHIVE,
)


async def test_a_campaign_goes_from_draft_to_archive():
    desk = new_desk()
    campaign = await drafted(desk)
    outcome = await moved(desk, campaign, *LIFE)
    assert (outcome.id, outcome.version, outcome.replayed) == (campaign, 10, False)
    assert stage_of((await current(desk, CAMPAIGNS, "acme", campaign)).state) == "archived"


async def test_every_action_is_on_the_record_with_who_and_why():
    desk = new_desk()
    campaign = await drafted(desk)
    await move_campaign(
        MoveCampaign(campaign=campaign, action=Action.SUBMIT, comment="Please look."),
        asking=asks(ANA, "submit"),
        desk=desk,
    )
    _, recorded = await desk.log.read("acme", f"campaign-{campaign}")
    assert (recorded.actor, recorded.correlation_id) == ("ana", "request-submit")
    assert recorded.recorded_at == MONDAY
    event = msgspec.json.decode(recorded.data)
    assert (event["submitter"], event["role"], event["comment"]) == (
        "ana",
        "marketer",
        "Please look.",
    )


async def test_a_campaign_is_scheduled_for_the_time_that_was_asked():
    desk = new_desk()
    campaign = await drafted(desk)
    await moved(desk, campaign, Action.SUBMIT, Action.APPROVE)
    at = NEXT_MONDAY.replace(hour=23)
    await move_campaign(
        MoveCampaign(campaign=campaign, action=Action.SCHEDULE, go_live_at=at),
        asking=asks(BEN, "schedule"),
        desk=desk,
    )
    assert (await current(desk, CAMPAIGNS, "acme", campaign)).state.go_live_at == at


async def test_a_refused_command_leaves_no_trace():
    desk = new_desk()
    campaign = await drafted(desk)
    await moved(desk, campaign, Action.SUBMIT)
    move = MoveCampaign(campaign=campaign, action=Action.APPROVE)
    with pytest.raises(OwnWorkApproved):
        await move_campaign(move, asking=asks(ANA, "approve"), desk=desk)
    assert await kinds(desk, f"campaign-{campaign}") == ["drafted", "submitted"]


async def test_a_silent_command_answers_where_the_stream_stands():
    desk = new_desk()
    campaign = await drafted(desk)
    first = await moved(desk, campaign, Action.SUBMIT)
    assert await moved(desk, campaign, Action.SUBMIT) == first


async def test_an_edit_of_what_was_read_is_taken():
    desk = new_desk()
    campaign = await drafted(desk)
    edit = EditCampaign(campaign=campaign, changes=BriefChanges(budget=BIGGER.budget))
    outcome = await edit_campaign(edit, asking=asks(ANA, "edit"), desk=desk, expected_version=1)
    assert outcome.version == 2


async def test_an_edit_of_something_older_is_stale_and_says_what_is_current():
    desk = new_desk()
    campaign = await drafted(desk)
    await moved(desk, campaign, Action.SUBMIT)
    edit = EditCampaign(campaign=campaign, changes=BriefChanges(name="Late"))
    with pytest.raises(StaleVersion) as stale:
        await edit_campaign(edit, asking=asks(ANA, "edit"), desk=desk, expected_version=1)
    assert stale.value.details == {"current": "2", "expected": "1"}


async def test_a_repeated_edit_is_answered_although_its_version_is_old_by_now():
    desk = new_desk()
    campaign = await drafted(desk)
    edit = EditCampaign(campaign=campaign, changes=BriefChanges(name="Late"))
    asking = asks(ANA, "edit")
    first = await edit_campaign(edit, asking=asking, desk=desk, expected_version=1)
    again = await edit_campaign(edit, asking=asking, desk=desk, expected_version=1)
    assert again == first._replace(replayed=True)


async def test_another_tenants_campaign_does_not_exist():
    desk = new_desk()
    campaign = await drafted(desk, tenant=GLOBEX)
    with pytest.raises(CampaignUnknown):
        await moved(desk, campaign, Action.SUBMIT)


async def test_the_same_key_in_two_tenants_is_two_campaigns():
    desk = new_desk()
    assert await drafted(desk, key="k") != await drafted(desk, key="k", tenant=GLOBEX)


async def test_a_desk_that_forgets_streams_still_decides_right():
    desk = Desk(MemoryEventLog(), StoppedClock(MONDAY), streams_max=2)
    campaigns = [await drafted(desk) for _ in range(5)]
    for action in LIFE:
        for campaign in campaigns:
            await moved(desk, campaign, action)
    for campaign in campaigns:
        assert len(await desk.log.read("acme", f"campaign-{campaign}")) == 10


async def test_event_ids_follow_from_the_command_so_that_a_retry_makes_the_same():
    ids = set()
    for desk in (new_desk(), new_desk()):
        await create_campaign(CreateCampaign(brief=BRIEF), asking=asks(ANA, "k"), desk=desk)
        (recorded,) = await desk.log.after(0, limit=10)
        ids.add((recorded.stream, recorded.event_id))
    assert len(ids) == 1
