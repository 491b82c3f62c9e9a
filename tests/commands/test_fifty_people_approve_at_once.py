import asyncio
from collections import Counter

import msgspec
import pytest

from adapters.clock import StoppedClock
from commands.approval_rules import SetApprovalRule, set_approval_rule
from commands.campaign import Action, MoveCampaign, move_campaign
from commands.desk import Desk
from commands.ports import Overtaken
from domain.approvals import seeded
from domain.campaign.events import ApprovalGiven
from tests.commands.desks import drafted, kinds, moved
from tests.contracts.logs import MemoryBackend, SqliteBackend
from tests.people import ANA, MONDAY, actor, asks

CROWD = [actor(f"manager-{number:02}", "manager") for number in range(50)]
STANDARD = seeded("USD")[0]


@pytest.fixture(params=[MemoryBackend, SqliteBackend])
async def log(request):
    async with request.param(request).opened() as opening:
        yield opening


async def in_review(desk, *, asking_for):
    rule = msgspec.structs.replace(STANDARD, min_approvals=asking_for)
    await set_approval_rule(SetApprovalRule(rule=rule), asking=asks(ANA, "rule"), desk=desk)
    campaign = await drafted(desk)
    await moved(desk, campaign, Action.SUBMIT)
    return campaign


async def approve(desk, campaign, by, key=""):
    """Approve as a patient client does: what was overtaken is sent again with the same key."""
    move = MoveCampaign(campaign=campaign, action=Action.APPROVE)
    while True:
        try:
            return await move_campaign(move, asking=asks(by, f"{by.person}{key}"), desk=desk)
        except Overtaken:
            continue


async def votes(log, campaign):
    recorded = await log.read("acme", f"campaign-{campaign}")
    given = (each for each in recorded if each.kind == "campaign.approval_given.v1")
    return Counter(msgspec.json.decode(each.data, type=ApprovalGiven).approver for each in given)


@pytest.mark.parametrize("asking_for", [1, 7, 50])
async def test_each_counts_once_and_the_campaign_is_approved_once(log, asking_for):
    desks = [Desk(log, StoppedClock(MONDAY)) for _ in range(3)]
    campaign = await in_review(desks[0], asking_for=asking_for)
    outcomes = await asyncio.gather(
        *(approve(desks[number % 3], campaign, by) for number, by in enumerate(CROWD))
    )
    counted = await votes(log, campaign)
    assert (len(counted), set(counted.values())) == (asking_for, {1})
    history = await kinds(desks[0], f"campaign-{campaign}")
    assert history.count("approved") == 1
    assert history[-1] == "approved"
    assert max(outcome.version for outcome in outcomes) == len(history)


async def test_whoever_clicks_twice_at_once_counts_once(log):
    desk = Desk(log, StoppedClock(MONDAY))
    campaign = await in_review(desk, asking_for=2)
    await asyncio.gather(*(approve(desk, campaign, CROWD[0], f"-{n}") for n in range(10)))
    assert await votes(log, campaign) == {"manager-00": 1}
    assert (await kinds(desk, f"campaign-{campaign}"))[-1] == "approval_given"
