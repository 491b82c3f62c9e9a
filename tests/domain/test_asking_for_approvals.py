"""What a submission is asked follows from the rules as they read at that moment."""

import pytest
from msgspec.structs import replace

from domain.approvals import Requirement, Rule, seeded
from domain.campaign import decisions, evolve, refusals, stage_of
from domain.campaign.brief import BudgetPlan, content_hash
from domain.campaign.events import CampaignApproved
from tests.people import ANA, BEN, BRIEF, DRAFTED, FRIDAY, REJECTED, SUBMITTED, eur, usd
from tests.spec import given_campaign

SEEDS = seeded("USD")
MANAGER = Requirement(rule="standard", role="manager", min_approvals=1)
DIRECTORS = Requirement(rule="high_budget", role="director", min_approvals=2)
COMPLIANCE = Requirement(rule="regulated", role="compliance", min_approvals=2)


def submitting(total, *channels, rules=SEEDS):
    brief = replace(
        BRIEF,
        budget=BudgetPlan(total=total),
        channels=channels,
        offers=tuple(replace(o, bid_cpm=replace(total, micros=2_500_000)) for o in BRIEF.offers),
    )
    return given_campaign(replace(DRAFTED, brief=brief)).when(
        decisions.submit, by=ANA, at=FRIDAY, rules=rules
    )


@pytest.mark.parametrize(
    ("total", "channels", "asked"),
    [
        (usd(1_000), (), (MANAGER,)),
        (usd(49_999, 99), (), (MANAGER,)),
        (usd(50_000), (), (MANAGER, DIRECTORS)),
        (usd(5_000), ("display", "alcohol"), (MANAGER, COMPLIANCE)),
        (usd(60_000), (" Pharma ",), (MANAGER, DIRECTORS, COMPLIANCE)),
        (usd(10), ("finance",), (COMPLIANCE,)),
        (eur(10), (), (MANAGER,)),
        (eur(50_000), (), (MANAGER, DIRECTORS)),
    ],
)
def test_all_rules_that_match_apply_together(total, channels, asked):
    (event,) = submitting(total, *channels).take()
    assert event.requirements == asked


def test_below_the_limit_the_rule_itself_approves():
    submitted, approved = submitting(usd(999, 99)).take()
    assert submitted.requirements == ()
    assert (approved.approver, approved.role) == ("rule:standard", "rule")
    assert approved.content_hash == submitted.content_hash


def test_what_a_rule_approved_can_be_submitted_again_in_silence():
    submission = submitting(usd(100))
    campaign = submission.take.args[0]
    for event in submission.take():
        campaign = evolve(campaign, event)
    assert stage_of(campaign) == "approved"
    assert decisions.submit(campaign, by=ANA, at=FRIDAY, rules=SEEDS) == []
    assert decisions.approve(campaign, by=BEN, at=FRIDAY) == []
    with pytest.raises(refusals.OwnWorkApproved):
        decisions.approve(campaign, by=ANA, at=FRIDAY)


def test_a_rule_that_is_switched_off_asks_for_nothing():
    off = replace(SEEDS[1], enabled=False)
    (event,) = submitting(usd(60_000), rules=(SEEDS[0], off)).take()
    assert event.requirements == (MANAGER,)


@pytest.mark.parametrize("rules", [(), (SEEDS[1],), (replace(SEEDS[0], enabled=False),)])
def test_where_no_rule_speaks_of_a_campaign_one_approval_is_still_needed(rules):
    (event,) = submitting(usd(10), rules=rules).take()
    assert event.requirements == ()
    review = given_campaign(DRAFTED, event)
    (approved,) = review.when(decisions.approve, by=BEN, at=FRIDAY).take()
    assert isinstance(approved, CampaignApproved)


def test_what_a_rule_wants_to_be_reviewed_is_pinned_with_it():
    careful = Rule(name="careful", role="manager", creative_review=True, legal_review=True)
    (event,) = submitting(usd(10), rules=(careful,)).take()
    assert event.requirements[0].reviews == ("creative", "legal")


def test_a_rejected_campaign_is_asked_anew():
    rejected = given_campaign(DRAFTED, SUBMITTED, REJECTED)
    (event,) = rejected.when(decisions.submit, by=ANA, at=FRIDAY, rules=SEEDS).take()
    assert event.requirements == (MANAGER,)
    assert event.content_hash == content_hash(BRIEF)
