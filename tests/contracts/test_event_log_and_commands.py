"""Commands asked twice are answered twice and recorded once, on every log."""

import asyncio

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
from commands.transact import KeyReused
from domain.campaign.brief import BriefChanges
from tests.contracts.logs import BACKENDS
from tests.people import ANA, BRIEF, MONDAY, asks


@pytest.fixture(params=BACKENDS)
def backend(request, tmp_path):
    return BACKENDS[request.param](tmp_path)


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


async def test_a_stream_answers_for_its_last_256_commands(backend):
    async with backend.opened() as log:
        desk = desk_over(log)
        campaign = (await drafted(desk)).id

        async def rename(number, desk=desk):
            changes = BriefChanges(name=f"Spring sale {number}")
            return await edit_campaign(
                EditCampaign(campaign=campaign, changes=changes),
                asking=asks(ANA, f"rename-{number}"),
                desk=desk,
            )

        outcomes = [await rename(number) for number in range(300)]
        for fresh in (desk, desk_over(log)):
            assert await rename(44, fresh) == outcomes[44]._replace(replayed=True)
            assert await rename(299, fresh) == outcomes[299]._replace(replayed=True)
        assert not (await rename(43)).replayed
