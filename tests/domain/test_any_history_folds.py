"""Properties that hold whatever happened, in whatever order."""

from functools import reduce

from hypothesis import given, settings
from hypothesis import strategies as st

from commands.campaign import Action
from domain.budget import UNALLOCATED, Allocated
from domain.budget import evolve as evolve_budget
from domain.budget.events import BudgetAllocated, BudgetEvent
from domain.campaign import UNWRITTEN, decisions, evolve, stage_of
from domain.campaign.brief import BriefChanges
from domain.campaign.events import ApprovalVoided, CampaignEdited, CampaignEvent
from domain.refusal import Refusal
from domain.tenant import UNOPENED, Open
from domain.tenant import evolve as evolve_tenant
from domain.tenant.events import TenantEvent, TenantOpened
from tests import people
from tests.golden.shipped import SHIPPED

STAGES = set(people.HISTORIES)
ACTORS = st.sampled_from([people.ANA, people.BEN, people.CLEO, people.DEMO])
ACTIONS = st.sampled_from([action.replace("-", "_") for action in Action])
EDITED = CampaignEdited(
    campaign=people.SPRING,
    editor=people.CLEO.person,
    brief=people.BIGGER,
    edited_at=people.TUESDAY,
)
VOIDED = ApprovalVoided(
    campaign=people.SPRING, content_hash="0" * 64, reason="Edited.", voided_at=people.TUESDAY
)
HAPPENED = sorted({e for h in people.HISTORIES.values() for e in h} | {EDITED, VOIDED}, key=repr)


def shipped(union):
    return st.lists(st.sampled_from([event for _, event in SHIPPED if isinstance(event, union)]))


@given(st.lists(st.sampled_from([*HAPPENED, people.RESUMED])))
def test_any_order_of_campaign_events_folds(history):
    assert stage_of(reduce(evolve, history, UNWRITTEN)) in STAGES


@given(shipped(CampaignEvent))
def test_any_order_of_shipped_campaign_events_folds(history):
    assert stage_of(reduce(evolve, history, UNWRITTEN)) in STAGES


@given(shipped(BudgetEvent))
def test_any_order_of_budget_events_folds(history):
    allocated = any(isinstance(event, BudgetAllocated) for event in history)
    assert isinstance(reduce(evolve_budget, history, UNALLOCATED), Allocated) == allocated


@given(shipped(TenantEvent))
def test_any_order_of_tenant_events_folds(history):
    opened = any(isinstance(event, TenantOpened) for event in history)
    assert isinstance(reduce(evolve_tenant, history, UNOPENED), Open) == opened


@settings(max_examples=200)
@given(st.lists(st.tuples(ACTIONS | st.just("edit"), ACTORS), max_size=25))
def test_whatever_people_try_is_recorded_or_refused_and_silent_the_second_time(attempts):
    campaign = evolve(UNWRITTEN, people.DRAFTED)
    approvals = 0
    for number, (action, by) in enumerate(attempts):
        circumstances = {"by": by, "at": people.FRIDAY}
        if action == "edit":
            circumstances["changes"] = BriefChanges(name=f"Spring sale {number}")
        decision = getattr(decisions, action)
        try:
            news = decision(campaign, **circumstances)
        except Refusal:
            continue
        campaign = reduce(evolve, news, campaign)
        approvals += action == "approve" and bool(news)
        assert decision(campaign, **circumstances) == []
        if stage_of(campaign) in {"approved", "scheduled", "live", "paused", "completed"}:
            assert approvals
            assert campaign.approval.content_hash == campaign.plan.content_hash
            assert campaign.approval.approver not in {campaign.plan.author, campaign.plan.editor}
