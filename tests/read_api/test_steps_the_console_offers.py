import msgspec
import pytest

from projections.access import Holder
from projections.campaign_board import Card
from read_api.steps import STAGES, offered
from tests.api_world import created

WAYS = {
    "draft": [],
    "in_review": ["submit"],
    "approved": ["submit", "approve"],
    "scheduled": ["submit", "approve", "schedule"],
    "live": ["submit", "approve", "go-live"],
    "paused": ["submit", "approve", "go-live", "pause"],
    "completed": ["submit", "approve", "go-live", "complete"],
    "rejected": ["submit", "reject"],
    "archived": ["submit", "approve", "go-live", "complete", "archive"],
}
ACTIONS = {step.action for steps in STAGES.values() for step in steps}
LATER = {"schedule": {"at": "2199-01-01T00:00:00Z"}}
AUTHORS = {"submit"}


async def in_stage(stage, ana, ben):
    campaign = await created(ana)
    for action in WAYS[stage]:
        client = ana if action in AUTHORS else ben
        answer = await client.post(f"/v1/campaigns/{campaign}/{action}", json=LATER.get(action, {}))
        assert answer.status_code == 200, answer.text
    return campaign


@pytest.mark.parametrize("stage", WAYS)
async def test_the_offered_steps_are_those_the_domain_takes(stage, world, ana, ben):
    taken = set()
    for action in sorted(ACTIONS):
        campaign = await in_stage(stage, ana, ben)
        client = ana if action in AUTHORS else ben
        before = len(await world.log.read("acme", f"campaign-{campaign}"))
        await client.post(f"/v1/campaigns/{campaign}/{action}", json=LATER.get(action, {}))
        if len(await world.log.read("acme", f"campaign-{campaign}")) > before:
            taken.add(action)

    assert {step.action for step in STAGES[stage]} == taken


async def test_an_author_is_not_offered_to_approve(world, ana, ben):
    campaign = await in_stage("in_review", ana, ben)
    await world.settled()
    card = msgspec.convert((await ana.get(f"/v1/campaigns/{campaign}")).json(), Card)
    approver = Holder(key="k", use="api", tenant="acme", person="ana", roles=("manager",))
    colleague = Holder(key="k", use="api", tenant="acme", person="ben", roles=("manager",))

    def labels(holder):
        return [step.action for step in offered(holder, card)]

    assert labels(approver) == ["reject", "request-changes"]
    assert labels(colleague) == ["approve", "reject", "request-changes"]
    assert labels(Holder(key="k", use="api", tenant="acme", person="cy", roles=())) == []
