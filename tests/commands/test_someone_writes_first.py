"""Optimistic concurrency: a decision is re-taken on fresh history, but not for ever."""

import asyncio

import pytest

from adapters.clock import StoppedClock
from adapters.memory import MemoryEventLog
from commands.campaign import CAMPAIGNS, Action, EditCampaign, edit_campaign
from commands.desk import Desk
from commands.ledger import HistoryUnreadable
from commands.ports import Overtaken
from commands.transact import current
from domain.campaign.brief import BriefChanges
from domain.campaign.refusals import CampaignNotEditable
from tests.commands.desks import drafted, moved, new_desk
from tests.contracts.logs import entry
from tests.people import ANA, MONDAY, asks

LIVE = (Action.SUBMIT, Action.APPROVE, Action.GO_LIVE)


class ContestedLog(MemoryEventLog):
    """A log on which others write just before we do, as often as we say."""

    def __init__(self):
        super().__init__()
        self.rivals = []

    async def append(self, tenant, stream, entries, *, after):
        if self.rivals:
            await self.rivals.pop()()
        return await super().append(tenant, stream, entries, after=after)


def renaming(campaign, desk, name):
    edit = EditCampaign(campaign=campaign, changes=BriefChanges(name=name))
    return lambda: edit_campaign(edit, asking=asks(ANA, name), desk=desk)


async def contested():
    log = ContestedLog()
    ours, theirs = (Desk(log, StoppedClock(MONDAY)) for _ in range(2))
    return log, ours, theirs, await drafted(ours)


async def test_an_overtaken_decision_is_taken_again():
    log, ours, theirs, campaign = await contested()
    log.rivals = [renaming(campaign, theirs, "Theirs")]
    outcome = await renaming(campaign, ours, "Ours")()
    assert outcome.version == 3
    assert (await current(ours, CAMPAIGNS, "acme", campaign)).state.plan.brief.name == "Ours"


async def test_the_new_history_may_change_the_answer():
    log, ours, theirs, campaign = await contested()

    async def launch():
        await moved(theirs, campaign, *LIVE)

    log.rivals = [launch]
    with pytest.raises(CampaignNotEditable):
        await renaming(campaign, ours, "Ours")()


async def test_contention_that_does_not_end_is_a_fault():
    log, ours, theirs, campaign = await contested()
    rivals = [renaming(campaign, theirs, f"Theirs {n}") for n in range(3)]

    async def pester():
        rival = rivals.pop()
        log.rivals = []
        await rival()
        log.rivals = [pester] if rivals else []

    log.rivals = [pester]
    with pytest.raises(Overtaken):
        await renaming(campaign, ours, "Ours")()


async def test_writers_of_one_process_take_turns_instead_of_overtaking_each_other():
    desk = new_desk()
    campaign = await drafted(desk)
    names = [f"Name {n}" for n in range(50)]
    outcomes = await asyncio.gather(*(renaming(campaign, desk, name)() for name in names))
    assert sorted(outcome.version for outcome in outcomes) == list(range(2, 52))


async def test_history_from_the_future_is_not_decided_upon():
    desk = new_desk()
    campaign = await drafted(desk)
    told = entry(b'{"kind":"campaign.teleported.v1"}', kind="campaign.teleported.v1")
    await desk.log.append("acme", f"campaign-{campaign}", [told], after=1)
    with pytest.raises(HistoryUnreadable):
        await renaming(campaign, desk, "Ours")()
