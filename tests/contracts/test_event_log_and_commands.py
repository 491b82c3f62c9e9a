"""Commands asked twice are answered twice and recorded once, on every log."""

import asyncio
from datetime import timedelta

import pytest

from adapters.clock import StoppedClock
from commands.campaign import (
    Action,
    CreateCampaign,
    EditCampaign,
    MoveCampaign,
    create_campaign,
    edit_campaign,
    move_campaign,
)
from commands.desk import Desk
from commands.transact import KeyReused, Outcome, RequestUnderWay
from domain.campaign.brief import BriefChanges
from tests.contracts.logs import BACKENDS
from tests.people import ANA, BEN, BRIEF, MONDAY, asks


@pytest.fixture(params=BACKENDS)
def backend(request):
    return BACKENDS[request.param](request)


def desk_over(log):
    return Desk(log, StoppedClock(MONDAY))


async def drafted(desk, key="draft"):
    return await create_campaign(CreateCampaign(brief=BRIEF), asking=asks(ANA, key), desk=desk)


async def test_a_command_asked_twice_is_answered_as_before(backend):
    async with backend.opened() as log:
        desk = desk_over(log)
        first = await drafted(desk)
        move = MoveCampaign(campaign=first.id, action=Action.SUBMIT)
        await move_campaign(move, asking=asks(ANA, "submit"), desk=desk)
        again = await drafted(desk)
        assert again == first._replace(replayed=True)
        assert len(await log.after(0, limit=10)) == 2


async def test_a_command_asked_again_after_a_restart_is_answered_as_before(backend):
    async with backend.opened() as log:
        first = await drafted(desk_over(log))
    async with backend.opened() as log:
        again = await drafted(desk_over(log))
        assert again == first._replace(replayed=True)
        assert len(await log.after(0, limit=10)) == 1


async def test_the_same_key_for_another_request_is_refused_before_and_after_a_restart(backend):
    other = CreateCampaign(brief=BRIEF)
    for _ in range(2):
        async with backend.opened() as log:
            desk = desk_over(log)
            await drafted(desk)
            with pytest.raises(KeyReused):
                await create_campaign(other, asking=asks(ANA, "draft", body="other"), desk=desk)


async def test_one_command_asked_by_many_at_once_is_recorded_once(backend):
    async with backend.opened() as log:
        # Separate desks share nothing but the log, as separate processes would.
        outcomes = await asyncio.gather(*(drafted(desk_over(log)) for _ in range(20)))
        assert len({outcome.position for outcome in outcomes}) == 1
        assert sum(not outcome.replayed for outcome in outcomes) == 1
        assert len(await log.after(0, limit=10)) == 1


async def test_a_stream_answers_for_a_day_and_always_for_its_last_256_commands(backend):
    async with backend.opened() as log:
        desk = desk_over(log)
        campaign = (await drafted(desk)).id

        async def rename(number, desk):
            changes = BriefChanges(name=f"Spring sale {number}")
            return await edit_campaign(
                EditCampaign(campaign=campaign, changes=changes),
                asking=asks(ANA, f"rename-{number}"),
                desk=desk,
            )

        outcomes = [await rename(number, desk) for number in range(300)]
        assert await rename(0, desk_over(log)) == outcomes[0]._replace(replayed=True)

        next_day = Desk(log, StoppedClock(MONDAY + timedelta(hours=25)))
        await rename(300, next_day)
        for fresh in (next_day, Desk(log, StoppedClock(MONDAY + timedelta(hours=25)))):
            assert await rename(45, fresh) == outcomes[45]._replace(replayed=True)
            assert await rename(299, fresh) == outcomes[299]._replace(replayed=True)
        again = await rename(44, next_day)
        assert not again.replayed
        assert again.version == outcomes[299].version + 2
        history = await log.after(0, limit=1000)
        assert len({recorded.event_id for recorded in history}) == len(history)


async def test_a_silent_command_stays_silent_when_it_is_asked_again(backend):
    async with backend.opened() as log:
        desk = desk_over(log)
        campaign = (await drafted(desk)).id
        submit = MoveCampaign(campaign=campaign, action=Action.SUBMIT)
        await move_campaign(submit, asking=asks(ANA, "submit"), desk=desk)
        silent = await move_campaign(submit, asking=asks(ANA, "late"), desk=desk)
        assert (silent.version, silent.replayed) == (2, False)
        changed = BriefChanges(name="Back to the draft")
        await edit_campaign(
            EditCampaign(campaign=campaign, changes=changed), asking=asks(ANA, "edit"), desk=desk
        )
        again = await move_campaign(submit, asking=asks(ANA, "late"), desk=desk)
        assert again == silent._replace(replayed=True)


async def test_a_key_that_wanders_to_another_stream_is_refused(backend):
    async with backend.opened() as log:
        desk = desk_over(log)
        first, other = [(await drafted(desk, key)).id for key in ("one", "two")]
        submit = MoveCampaign(campaign=first, action=Action.SUBMIT)
        await move_campaign(submit, asking=asks(ANA, "key", body="first"), desk=desk)
        with pytest.raises(KeyReused):
            await move_campaign(
                MoveCampaign(campaign=other, action=Action.SUBMIT),
                asking=asks(ANA, "key", body="other"),
                desk=desk,
            )


async def test_a_command_under_way_is_not_worked_on_twice_at_one_desk(backend):
    async with backend.opened() as log:
        desk = desk_over(log)
        told = await asyncio.gather(*(drafted(desk) for _ in range(5)), return_exceptions=True)
        done = [each for each in told if isinstance(each, Outcome)]
        assert sum(not each.replayed for each in done) == 1
        assert all(isinstance(each, RequestUnderWay) for each in told if each not in done)
        assert len(await log.after(0, limit=10)) == 1


async def test_what_another_process_wrote_is_seen_before_anything_is_refused(backend):
    async with backend.opened() as log:
        mine, theirs = desk_over(log), desk_over(log)
        campaign = (await drafted(mine)).id
        submit = MoveCampaign(campaign=campaign, action=Action.SUBMIT)
        await move_campaign(submit, asking=asks(ANA, "submit"), desk=theirs)
        reject = MoveCampaign(campaign=campaign, action=Action.REJECT)
        outcome = await move_campaign(reject, asking=asks(BEN, "reject"), desk=mine)
        assert outcome.version == 3
