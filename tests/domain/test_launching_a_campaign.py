from datetime import timedelta

from msgspec.structs import replace

from domain.campaign import decisions, evolve, refusals, stage_of
from tests.people import (
    APPROVED,
    BEN,
    BRIEF,
    DRAFTED,
    FRIDAY,
    HISTORIES,
    IN_REVIEW,
    MONTHS_LATER,
    NEXT_MONDAY,
    PAUSED,
    SCHEDULED,
    SUBMITTED,
    WENT_LIVE,
)
from tests.spec import given_campaign


def test_a_campaign_is_scheduled_for_its_own_start_unless_told_otherwise():
    approved = given_campaign(*HISTORIES["approved"])
    (event,) = approved.when(decisions.schedule, by=BEN, at=FRIDAY).take()
    assert event.go_live_at == NEXT_MONDAY
    later = NEXT_MONDAY + timedelta(hours=3)
    (event,) = approved.when(decisions.schedule, by=BEN, at=FRIDAY, go_live_at=later).take()
    assert event.go_live_at == later


def test_a_campaign_without_a_start_must_be_told_when_to_go_live():
    open_ended = replace(DRAFTED, brief=replace(BRIEF, starts_at=None))
    given_campaign(open_ended, SUBMITTED, APPROVED).when(
        decisions.schedule, by=BEN, at=FRIDAY
    ).then_refused(refusals.GoLiveTimeMissing)


def test_nothing_is_scheduled_for_the_past_or_after_its_end():
    approved = given_campaign(*HISTORIES["approved"])
    approved.when(decisions.schedule, by=BEN, at=FRIDAY, go_live_at=FRIDAY).then_refused(
        refusals.GoLiveTimePast
    )
    approved.when(decisions.schedule, by=BEN, at=FRIDAY, go_live_at=MONTHS_LATER).then_refused(
        refusals.GoLiveTimeTooLate
    )


def test_a_campaign_whose_end_has_passed_cannot_go_live_or_be_resumed():
    for stage, action in (("approved", decisions.go_live), ("paused", decisions.resume)):
        taken = given_campaign(*HISTORIES[stage]).when(action, by=BEN, at=MONTHS_LATER)
        taken.then_refused(refusals.CampaignOver)


def test_a_campaign_paused_before_its_time_goes_back_to_waiting():
    paused = given_campaign(*IN_REVIEW, APPROVED, SCHEDULED, PAUSED)
    (event,) = paused.when(decisions.resume, by=BEN, at=FRIDAY).take()
    assert event.stage == "scheduled"
    assert stage_of(evolve(paused.state, event)) == "scheduled"
    assert evolve(paused.state, event).go_live_at == SCHEDULED.go_live_at


def test_a_campaign_paused_past_its_time_goes_live_when_resumed():
    paused = given_campaign(*IN_REVIEW, APPROVED, SCHEDULED, PAUSED)
    (event,) = paused.when(decisions.resume, by=BEN, at=NEXT_MONDAY).take()
    assert stage_of(evolve(paused.state, event)) == "live"


def test_a_campaign_ends_by_the_clock_wherever_it_stands_and_not_before():
    for stage in ("scheduled", "live", "paused"):
        campaign = given_campaign(*HISTORIES[stage])
        early = MONTHS_LATER - timedelta(seconds=1)
        campaign.when(decisions.end, by=BEN, at=early).then_refused(refusals.CampaignNotOver)
        (event,) = campaign.when(decisions.end, by=BEN, at=MONTHS_LATER).take()
        completed = evolve(campaign.state, event)
        assert stage_of(completed) == "completed"
        assert decisions.end(completed, by=BEN, at=MONTHS_LATER) == []


def test_a_campaign_that_nobody_launched_or_that_has_no_end_does_not_end_by_the_clock():
    for stage in ("draft", "in_review", "approved", "archived"):
        taken = given_campaign(*HISTORIES[stage]).when(decisions.end, by=BEN, at=MONTHS_LATER)
        taken.then_refused(refusals.CampaignNotCompletable)
    endless = replace(DRAFTED, brief=replace(BRIEF, ends_at=None))
    taken = given_campaign(endless, SUBMITTED, APPROVED, WENT_LIVE).when(
        decisions.end, by=BEN, at=MONTHS_LATER
    )
    taken.then_refused(refusals.CampaignNotOver)
