"""Every cell of the BRD's matrix (FR-WKF-001, 002), allowed or not."""

import pytest

from domain.campaign import decisions, evolve, refusals, stage_of
from domain.refusal import Reason
from tests.people import ANA, BEN, FRIDAY, HISTORIES, RESUMED, SCHEDULED
from tests.spec import given_campaign, state_after

LEADS_TO = {
    ("draft", "submit"): "in_review",
    ("in_review", "approve"): "approved",
    ("in_review", "reject"): "rejected",
    ("in_review", "request_changes"): "draft",
    ("approved", "schedule"): "scheduled",
    ("approved", "go_live"): "live",
    ("rejected", "submit"): "in_review",
    ("scheduled", "go_live"): "live",
    ("scheduled", "pause"): "paused",
    ("live", "pause"): "paused",
    ("live", "complete"): "completed",
    ("paused", "resume"): "live",
    ("paused", "complete"): "completed",
    ("completed", "archive"): "archived",
}
SILENT = {  # what just happened may be asked for again
    ("in_review", "submit"),
    ("approved", "approve"),
    ("rejected", "reject"),
    ("scheduled", "schedule"),
    ("live", "go_live"),
    ("paused", "pause"),
    ("completed", "complete"),
    ("archived", "archive"),
}
REFUSALS = {
    "submit": refusals.CampaignNotSubmittable,
    "approve": refusals.CampaignNotApprovable,
    "reject": refusals.CampaignNotRejectable,
    "request_changes": refusals.CampaignNotReturnable,
    "schedule": refusals.CampaignNotSchedulable,
    "go_live": refusals.CampaignNotLaunchable,
    "pause": refusals.CampaignNotPausable,
    "resume": refusals.CampaignNotResumable,
    "complete": refusals.CampaignNotCompletable,
    "archive": refusals.CampaignNotArchivable,
}
STAGES = [stage for stage in HISTORIES if stage != "unwritten"]
CELLS = [(stage, action) for stage in STAGES for action in REFUSALS]


def whoever_may(action):
    return ANA if action == "submit" else BEN


@pytest.mark.parametrize(("stage", "action"), CELLS)
def test_a_cell_of_the_matrix_does_what_the_brd_says(stage, action):
    campaign = given_campaign(*HISTORIES[stage])
    taken = campaign.when(getattr(decisions, action), by=whoever_may(action), at=FRIDAY)
    if (stage, action) in LEADS_TO:
        (event,) = taken.take()
        assert stage_of(evolve(campaign.state, event)) == LEADS_TO[stage, action]
    elif (stage, action) in SILENT:
        taken.then_nothing()
    else:
        refusal = taken.then_refused(REFUSALS[action])
        assert refusal.reason is Reason.UNTIMELY
        assert refusal.details["stage"] == stage


@pytest.mark.parametrize("action", REFUSALS)
def test_nothing_can_be_done_to_a_campaign_nobody_wrote(action):
    campaign = given_campaign()
    taken = campaign.when(getattr(decisions, action), by=whoever_may(action), at=FRIDAY)
    taken.then_refused(refusals.CampaignUnknown)


@pytest.mark.parametrize(("stage", "action"), LEADS_TO)
def test_every_action_is_silent_the_second_time(stage, action):
    campaign = given_campaign(*HISTORIES[stage])
    decision, actor = getattr(decisions, action), whoever_may(action)
    (event,) = campaign.when(decision, by=actor, at=FRIDAY).take()
    assert decision(evolve(campaign.state, event), by=actor, at=FRIDAY) == []


@pytest.mark.parametrize("stage", STAGES)
def test_every_history_arrives_at_its_stage(stage):
    assert stage_of(state_after("campaign", *HISTORIES[stage])) == stage


def test_a_live_campaign_that_was_never_paused_cannot_be_resumed():
    live = given_campaign(*HISTORIES["live"])
    live.when(decisions.resume, by=BEN, at=FRIDAY).then_refused(refusals.CampaignNotResumable)


def test_a_campaign_that_was_resumed_can_be_resumed_again_in_silence():
    resumed = given_campaign(*HISTORIES["paused"], RESUMED)
    resumed.when(decisions.resume, by=BEN, at=FRIDAY).then_nothing()


def test_a_scheduled_campaign_cannot_be_scheduled_for_another_time():
    scheduled = given_campaign(*HISTORIES["scheduled"])
    taken = scheduled.when(
        decisions.schedule, by=BEN, at=FRIDAY, go_live_at=SCHEDULED.go_live_at.replace(hour=17)
    )
    taken.then_refused(refusals.CampaignNotSchedulable)
