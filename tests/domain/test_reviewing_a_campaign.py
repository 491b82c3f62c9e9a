import pytest
from msgspec.structs import replace

from domain.campaign import decisions, refusals
from domain.campaign.brief import BriefChanges, content_hash
from domain.campaign.events import CampaignEdited
from domain.refusal import Reason, Refusal
from tests.people import (
    ANA,
    APPROVED,
    BEN,
    BIGGER,
    BRIEF,
    CLEO,
    DEMO,
    DRAFTED,
    FRIDAY,
    HISTORIES,
    IN_REVIEW,
    SPRING,
    SUBMITTED,
    TUESDAY,
    actor,
)
from tests.spec import given_campaign

EDITED_BY_CLEO = CampaignEdited(
    campaign=SPRING, editor=CLEO.person, brief=BIGGER, edited_at=TUESDAY
)


def test_a_colleague_approves_exactly_what_was_reviewed():
    approved = replace(APPROVED, comment="Lovely.", approved_at=FRIDAY)
    taken = given_campaign(*IN_REVIEW).when(decisions.approve, by=BEN, at=FRIDAY, comment="Lovely.")
    taken.then(approved)
    assert approved.content_hash == content_hash(BRIEF)


def test_authors_cannot_approve_their_own_work():
    taken = given_campaign(*IN_REVIEW).when(decisions.approve, by=ANA, at=FRIDAY)
    taken.then_refused(refusals.OwnWorkApproved)


def test_authors_with_an_approving_role_cannot_approve_their_own_work_either():
    by_cleo = replace(DRAFTED, author=CLEO.person)
    taken = given_campaign(by_cleo, SUBMITTED).when(decisions.approve, by=CLEO, at=FRIDAY)
    taken.then_refused(refusals.OwnWorkApproved)


def test_whoever_edited_last_cannot_approve():
    history = (DRAFTED, EDITED_BY_CLEO, SUBMITTED)
    taken = given_campaign(*history).when(decisions.approve, by=CLEO, at=FRIDAY)
    taken.then_refused(refusals.OwnWorkApproved)


def test_the_author_stays_an_author_after_others_edited():
    author = replace(ANA, roles=("manager",))
    history = (DRAFTED, EDITED_BY_CLEO, SUBMITTED)
    taken = given_campaign(*history).when(decisions.approve, by=author, at=FRIDAY)
    taken.then_refused(refusals.OwnWorkApproved)


@pytest.mark.parametrize(
    ("stage", "action"),
    [
        ("in_review", "approve"),
        ("in_review", "reject"),
        ("in_review", "request_changes"),
        ("approved", "schedule"),
        ("approved", "go_live"),
        ("scheduled", "go_live"),
    ],
)
def test_reviewing_and_launching_takes_an_approving_role(stage, action):
    campaign, decision = given_campaign(*HISTORIES[stage]), getattr(decisions, action)
    for writer in (actor("abe", "marketer"), actor("abe", "marketer", "admin")):
        campaign.when(decision, by=writer, at=FRIDAY).then_refused(refusals.ApproverNeeded)


@pytest.mark.parametrize(
    ("stage", "action", "permission"),
    [
        ("draft", "submit", "campaign:write"),
        ("in_review", "approve", "campaign:approve"),
        ("in_review", "reject", "campaign:approve"),
        ("approved", "go_live", "campaign:operate"),
        ("live", "pause", "campaign:operate"),
    ],
)
def test_a_role_of_the_agencys_own_acts_by_what_it_permits(stage, action, permission):
    campaign, decision = given_campaign(*HISTORIES[stage]), getattr(decisions, action)
    gus = actor("gus", "guardian", permissions=[permission])
    assert campaign.when(decision, by=gus, at=FRIDAY).take()[0].role == "guardian"
    idle = actor("gus", "guardian", permissions=["campaign:read"])
    refusal = campaign.when(decision, by=idle, at=FRIDAY).then_refused(Refusal)
    assert refusal.reason is Reason.FORBIDDEN


def test_a_key_that_was_narrowed_narrows_its_holder():
    reader = replace(BEN, permissions=frozenset({"campaign:read"}))
    taken = given_campaign(*IN_REVIEW).when(decisions.approve, by=reader, at=FRIDAY)
    taken.then_refused(refusals.ApproverNeeded)


def test_approvers_do_not_submit():
    taken = given_campaign(DRAFTED).when(decisions.submit, by=BEN, at=FRIDAY)
    taken.then_refused(refusals.MarketerNeeded)


@pytest.mark.parametrize(
    ("stage", "action"),
    [("live", "pause"), ("paused", "resume"), ("live", "complete"), ("completed", "archive")],
)
def test_stopping_and_restarting_takes_any_role_but_some_role(stage, action):
    campaign, decision = given_campaign(*HISTORIES[stage]), getattr(decisions, action)
    assert campaign.when(decision, by=ANA, at=FRIDAY).take()[0].role == "marketer"
    assert campaign.when(decision, by=BEN, at=FRIDAY).take()[0].role == "manager"
    campaign.when(decision, by=DEMO, at=FRIDAY).then_refused(refusals.RoleNeeded)


def test_a_campaign_without_offers_is_not_ready_for_review():
    bare = replace(DRAFTED, brief=replace(BRIEF, offers=()))
    refusal = (
        given_campaign(bare)
        .when(decisions.submit, by=ANA, at=FRIDAY)
        .then_refused(refusals.BriefIncomplete)
    )
    assert [error.pointer for error in refusal.errors] == ["/offers"]


def test_a_campaign_that_is_already_over_is_not_ready_for_review():
    refusal = (
        given_campaign(DRAFTED)
        .when(decisions.submit, by=ANA, at=BRIEF.ends_at)
        .then_refused(refusals.BriefIncomplete)
    )
    assert [error.pointer for error in refusal.errors] == ["/ends_at"]


@pytest.mark.parametrize("stage", ["in_review", "approved", "scheduled"])
def test_an_edit_voids_what_was_reviewed(stage):
    changes = BriefChanges(budget=BIGGER.budget)
    edited, voided = (
        given_campaign(*HISTORIES[stage])
        .when(decisions.edit, changes=changes, by=ANA, at=FRIDAY)
        .take()
    )
    assert edited.brief == BIGGER
    assert voided.content_hash == content_hash(BRIEF)
    again = given_campaign(*HISTORIES[stage], edited, voided)
    again.when(decisions.approve, by=BEN, at=FRIDAY).then_refused(refusals.CampaignNotApprovable)
    again.when(decisions.submit, by=ANA, at=FRIDAY).take()


@pytest.mark.parametrize("stage", ["draft", "rejected"])
def test_an_edit_before_review_voids_nothing(stage):
    changes = BriefChanges(name="Late spring sale")
    (edited,) = (
        given_campaign(*HISTORIES[stage])
        .when(decisions.edit, changes=changes, by=ANA, at=FRIDAY)
        .take()
    )
    assert edited.brief == replace(BRIEF, name="Late spring sale")


@pytest.mark.parametrize("stage", ["live", "paused", "completed", "archived"])
def test_what_runs_or_ran_cannot_be_edited(stage):
    changes = BriefChanges(name="Another name")
    taken = given_campaign(*HISTORIES[stage]).when(
        decisions.edit, changes=changes, by=ANA, at=FRIDAY
    )
    taken.then_refused(refusals.CampaignNotEditable)


def test_an_edit_that_changes_nothing_voids_nothing():
    changes = BriefChanges(name=BRIEF.name, offers=BRIEF.offers)
    taken = given_campaign(*HISTORIES["approved"]).when(
        decisions.edit, changes=changes, by=ANA, at=FRIDAY
    )
    taken.then_nothing()


def test_a_returned_draft_can_be_returned_again_in_silence_until_it_is_edited():
    returned = given_campaign(*IN_REVIEW)
    (event,) = returned.when(decisions.request_changes, by=BEN, at=FRIDAY).take()
    given_campaign(*IN_REVIEW, event).when(
        decisions.request_changes, by=BEN, at=FRIDAY
    ).then_nothing()
    given_campaign(*IN_REVIEW, event, EDITED_BY_CLEO).when(
        decisions.request_changes, by=BEN, at=FRIDAY
    ).then_refused(refusals.CampaignNotReturnable)
