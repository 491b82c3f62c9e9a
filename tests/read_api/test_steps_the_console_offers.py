import msgspec
import pytest

from domain.approvals import Missing
from domain.tenant.permissions import given_to
from projections.access import Holder
from projections.campaign_board import Card
from read_api.steps import STAGES, offered, vouchable
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


async def card_of(campaign, world, ana):
    await world.settled()
    return msgspec.convert((await ana.get(f"/v1/campaigns/{campaign}")).json(), Card)


def holder(person, *roles):
    return Holder(
        key="k", use="api", tenant="acme", person=person, roles=roles, permissions=given_to(roles)
    )


def labels(whose, card):
    return [step.action for step in offered(whose, card)]


async def test_an_author_is_not_offered_to_approve(world, ana, ben):
    card = await card_of(await in_stage("in_review", ana, ben), world, ana)

    assert labels(holder("ana", "manager"), card) == ["reject", "request-changes"]
    assert labels(holder("ben", "manager"), card) == ["approve", "reject", "request-changes"]
    assert labels(holder("cy"), card) == []


async def test_whoever_is_not_asked_is_not_offered_to_approve(world, ana, ben):
    card = await card_of(await in_stage("in_review", ana, ben), world, ana)

    assert labels(holder("dora", "director"), card) == ["reject", "request-changes"]


async def test_a_review_is_offered_to_whose_approval_can_vouch_for_it(world, ana, ben):
    card = await card_of(await in_stage("in_review", ana, ben), world, ana)
    wanting = msgspec.structs.replace(
        card,
        missing=(
            Missing(rule="a", role="manager", approvals=1, reviews=("creative",)),
            Missing(rule="b", role="manager", approvals=1, reviews=("creative",)),
            Missing(rule="c", role="compliance", approvals=1, reviews=("legal",)),
        ),
    )

    assert vouchable(holder("mia", "manager"), wanting) == ["creative"]
    assert vouchable(holder("kay", "manager", "compliance"), wanting) == ["creative", "legal"]
    assert vouchable(holder("mia", "manager"), card) == []
