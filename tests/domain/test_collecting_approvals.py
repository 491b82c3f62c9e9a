import pytest
from msgspec.structs import replace

from domain.approvals import Missing, Requirement
from domain.campaign import decisions, refusals, stage_of
from domain.campaign.brief import BriefChanges, content_hash
from domain.campaign.events import ApprovalGiven, CampaignApproved
from domain.refusal import Reason
from tests.people import (
    ANA,
    BEN,
    BRIEF,
    DORA,
    DRAFTED,
    FRIDAY,
    MIA,
    SPRING,
    SUBMITTED,
    TUESDAY,
    actor,
)
from tests.spec import given_campaign, state_after

MANAGER = Requirement(rule="standard", role="manager", min_approvals=1)
DIRECTORS = Requirement(rule="high_budget", role="director", min_approvals=2)
DAN = actor("dan", "director")


def asked(*requirements):
    return (DRAFTED, replace(SUBMITTED, requirements=requirements))


def approving(history, by, **more):
    return given_campaign(*history).when(decisions.approve, by=by, at=FRIDAY, **more)


def after(history, *approvals):
    """The history once these people approved, each with the reviews they vouch for."""
    for by, *reviews in approvals:
        history = (*history, *approving(history, by, reviews=tuple(reviews)).take())
    return history


def test_the_last_approval_that_is_asked_for_approves_in_the_same_breath():
    given, approved = approving(asked(MANAGER), MIA, comment="Lovely.").take()
    assert given == ApprovalGiven(
        campaign=SPRING,
        approver="mia",
        role="manager",
        rules=("standard",),
        content_hash=content_hash(BRIEF),
        comment="Lovely.",
        given_at=FRIDAY,
    )
    assert approved == CampaignApproved(
        campaign=SPRING,
        approver="mia",
        role="manager",
        content_hash=content_hash(BRIEF),
        comment="Lovely.",
        approved_at=FRIDAY,
    )


def test_an_approval_that_others_must_follow_waits_for_them():
    history = after(asked(MANAGER, DIRECTORS), (MIA,))
    review = state_after("campaign", *history)
    assert stage_of(review) == "in_review"
    assert review.missing == (Missing(rule="high_budget", role="director", approvals=2),)
    assert stage_of(state_after("campaign", *after(history, (DORA,), (DAN,)))) == "approved"


def test_nobody_is_two_of_two_directors():
    history = after(asked(DIRECTORS), (DORA,))
    approving(history, DORA).then_nothing()
    assert len(approving(history, DAN).take()) == 2


def test_one_person_counts_for_every_rule_whose_role_they_hold():
    given, approved = approving(asked(MANAGER, replace(DIRECTORS, min_approvals=1)), BEN).take()
    assert given.rules == ("standard", "high_budget")
    assert isinstance(approved, CampaignApproved)


def test_two_rules_that_ask_one_role_are_both_served_at_once():
    brand = Requirement(rule="brand", role="manager", min_approvals=2)
    history = after(asked(MANAGER, brand), (MIA,))
    assert state_after("campaign", *history).missing == (
        Missing(rule="brand", role="manager", approvals=1),
    )
    approving(history, MIA).then_nothing()


def test_whoever_is_not_asked_any_more_is_told_who_is():
    history = after(asked(MANAGER, DIRECTORS), (MIA,))
    refusal = approving(history, actor("max", "manager")).then_refused(refusals.ApprovalNotAsked)
    assert refusal.reason is Reason.FORBIDDEN
    assert refusal.details["missing"] == "2 more by the role director (rule high_budget)"


def test_a_role_of_the_agencys_own_is_asked_by_its_name():
    brand = Requirement(rule="brand", role="guardian", min_approvals=1)
    gus = actor("gus", "guardian", permissions=["campaign:approve"])
    approving(asked(brand), MIA).then_refused(refusals.ApprovalNotAsked)
    given, _ = approving(asked(brand), gus).take()
    assert given.role == "guardian"
    powerless = actor("gus", "guardian", permissions=["campaign:read"])
    approving(asked(brand), powerless).then_refused(refusals.ApproverNeeded)


def test_a_rule_with_reviews_waits_for_someone_to_vouch():
    careful = replace(MANAGER, creative_review=True, legal_review=True)
    history = after(asked(careful), (MIA, "creative"))
    assert state_after("campaign", *history).missing == (
        Missing(rule="standard", role="manager", approvals=0, reviews=("legal",)),
    )
    approving(history, MIA, reviews=("creative",)).then_nothing()
    given, _approved = approving(history, MIA, reviews=("legal", "legal")).take()
    assert given.reviews == ("legal",)
    assert len(approving(history, actor("max", "manager"), reviews=("legal",)).take()) == 2


def test_what_one_vouches_for_counts_only_where_ones_role_is_asked():
    legal = Requirement(rule="law", role="compliance", min_approvals=1, legal_review=True)
    history = after(asked(MANAGER, legal), (MIA, "legal"))
    assert state_after("campaign", *history).missing == (
        Missing(rule="law", role="compliance", approvals=1, reviews=("legal",)),
    )
    told = approving(history, actor("max", "manager")).then_refused(refusals.ApprovalNotAsked)
    assert told.details["missing"] == (
        "1 more by the role compliance and a legal review vouched for by the role compliance"
        " (rule law)"
    )


def test_own_work_is_told_apart_before_any_role_is_asked_for():
    for by in (ANA, replace(MIA, person=ANA.person), actor("ana")):
        approving(asked(DIRECTORS), by).then_refused(refusals.OwnWorkApproved)


def test_an_approval_of_another_text_than_the_one_there_is_refused():
    history = asked(MANAGER)
    refusal = approving(history, MIA, content_hash="0" * 64).then_refused(refusals.ContentChanged)
    assert refusal.details["current"] == content_hash(BRIEF)
    assert approving(history, MIA, content_hash=content_hash(BRIEF)).take()
    done = after(history, (MIA,))
    approving(done, DORA, content_hash="0" * 64).then_refused(refusals.ContentChanged)


def test_an_edit_voids_what_was_given_and_says_whose_it_was():
    history = after(asked(MANAGER, DIRECTORS), (MIA,), (DORA,))
    edited, voided = (
        given_campaign(*history)
        .when(decisions.edit, changes=BriefChanges(name="Late"), by=ANA, at=FRIDAY)
        .take()
    )
    assert voided.reason == (
        "The campaign was edited while it was in review; "
        "the approvals of mia, dora no longer count."
    )
    again = (*history, edited, voided, replace(SUBMITTED, requirements=(MANAGER, DIRECTORS)))
    assert len(state_after("campaign", *again).missing) == 2


@pytest.mark.parametrize("action", [decisions.reject, decisions.request_changes])
def test_one_no_is_enough_and_nothing_that_was_given_survives_it(action):
    history = after(asked(MANAGER, DIRECTORS), (MIA,))
    (no,) = given_campaign(*history).when(action, by=DORA, at=FRIDAY).take()
    again = (*history, no, replace(SUBMITTED, requirements=(MANAGER,), submitted_at=TUESDAY))
    assert state_after("campaign", *again).votes == ()


def test_submissions_from_before_there_were_rules_take_one_approval_by_anybody():
    (event,) = approving((DRAFTED, SUBMITTED), DORA).take()
    assert isinstance(event, CampaignApproved)
