"""Which stage each campaign event leads to, told once for every view that follows stages."""

from datetime import datetime
from typing import NamedTuple

from domain.campaign.events import (
    ApprovalGiven,
    ApprovalVoided,
    CampaignApproved,
    CampaignArchived,
    CampaignCompleted,
    CampaignDrafted,
    CampaignEdited,
    CampaignEvent,
    CampaignPaused,
    CampaignRejected,
    CampaignResumed,
    CampaignScheduled,
    CampaignSubmitted,
    CampaignWentLive,
    ChangesRequested,
)

AGREE = "agree"  # an approval that others must follow, or the one that is followed by `approve`


class Step(NamedTuple):
    """One step through the workflow; `actor` is None where the event names nobody."""

    action: str
    to: str
    at: datetime
    actor: str | None
    role: str | None
    comment: str


def step(event: CampaignEvent) -> Step | None:  # noqa: C901, PLR0911, PLR0912 - a line a kind
    """Return the step an event is, None for an edit: that changes no stage."""
    match event:
        case CampaignDrafted(drafted_at=at, author=author):
            return Step("draft", "draft", at, author, None, "")
        case CampaignEdited():
            return None
        case ApprovalVoided(voided_at=at, reason=reason):
            return Step("void", "draft", at, None, None, reason)
        case CampaignSubmitted(submitted_at=at, submitter=submitter):
            return Step("submit", "in_review", at, submitter, event.role, event.comment)
        case ApprovalGiven(given_at=at, approver=approver):
            return Step(AGREE, "in_review", at, approver, event.role, event.comment)
        case CampaignApproved(approved_at=at, approver=approver):
            return Step("approve", "approved", at, approver, event.role, event.comment)
        case CampaignRejected(rejected_at=at):
            return Step("reject", "rejected", at, event.actor, event.role, event.comment)
        case ChangesRequested(changes_requested_at=at):
            return Step("request-changes", "draft", at, event.actor, event.role, event.comment)
        case CampaignScheduled(scheduled_at=at):
            return Step("schedule", "scheduled", at, event.actor, event.role, event.comment)
        case CampaignWentLive(went_live_at=at):
            return Step("go-live", "live", at, event.actor, event.role, event.comment)
        case CampaignPaused(paused_at=at):
            return Step("pause", "paused", at, event.actor, event.role, event.comment)
        case CampaignResumed(resumed_at=at, stage=stage):
            return Step("resume", stage, at, event.actor, event.role, event.comment)
        case CampaignCompleted(completed_at=at):
            return Step("complete", "completed", at, event.actor, event.role, event.comment)
        case CampaignArchived(archived_at=at):
            return Step("archive", "archived", at, event.actor, event.role, event.comment)
