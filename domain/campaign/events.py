"""Facts in the life of a campaign."""

from datetime import datetime
from typing import Literal

from msgspec import UNSET, UnsetType

from domain.approvals.requirement import Requirement, Review
from domain.campaign.brief import Brief
from domain.event import Event
from domain.identity import CampaignId, PersonId


class CampaignDrafted(Event, frozen=True, kw_only=True, tag="campaign.drafted.v1"):
    campaign: CampaignId
    author: PersonId
    brief: Brief
    drafted_at: datetime


class CampaignEdited(Event, frozen=True, kw_only=True, tag="campaign.edited.v1"):
    campaign: CampaignId
    editor: PersonId
    brief: Brief  # the whole of it, as it reads from now on
    edited_at: datetime


class ApprovalVoided(Event, frozen=True, kw_only=True, tag="campaign.approval_voided.v1"):
    """What was reviewed is no longer what is written: back to draft."""

    campaign: CampaignId
    content_hash: str  # of what was under review or approved
    reason: str
    voided_at: datetime


class CampaignSubmitted(Event, frozen=True, kw_only=True, tag="campaign.submitted.v1"):
    """A review was asked for; `requirements` is what the tenant's rules asked at that moment.

    Submissions from before there were rules have none pinned, and take one approval.
    """

    campaign: CampaignId
    submitter: PersonId
    role: str
    content_hash: str
    comment: str = ""
    submitted_at: datetime
    requirements: tuple[Requirement, ...] | UnsetType = UNSET


class ApprovalGiven(Event, frozen=True, kw_only=True, tag="campaign.approval_given.v1"):
    """Someone agrees to what is under review; `rules` are those it counts for."""

    campaign: CampaignId
    approver: PersonId
    role: str
    rules: tuple[str, ...]
    reviews: tuple[Review, ...] = ()  # which of them the approver vouches for
    content_hash: str
    comment: str = ""
    given_at: datetime


class CampaignApproved(Event, frozen=True, kw_only=True, tag="campaign.approved.v1"):
    """Nothing is missing any more; the approver is who gave the last approval.

    A rule that lets small budgets pass approves as `rule:<its name>`, in the role `rule`.
    """

    campaign: CampaignId
    approver: PersonId
    role: str
    content_hash: str
    comment: str = ""
    approved_at: datetime


class CampaignRejected(Event, frozen=True, kw_only=True, tag="campaign.rejected.v1"):
    campaign: CampaignId
    actor: PersonId
    role: str
    comment: str = ""
    rejected_at: datetime


class ChangesRequested(Event, frozen=True, kw_only=True, tag="campaign.changes_requested.v1"):
    campaign: CampaignId
    actor: PersonId
    role: str
    comment: str = ""
    changes_requested_at: datetime


class CampaignScheduled(Event, frozen=True, kw_only=True, tag="campaign.scheduled.v1"):
    campaign: CampaignId
    actor: PersonId
    role: str
    comment: str = ""
    go_live_at: datetime
    scheduled_at: datetime


class CampaignWentLive(Event, frozen=True, kw_only=True, tag="campaign.went_live.v1"):
    campaign: CampaignId
    actor: PersonId
    role: str
    comment: str = ""
    went_live_at: datetime


class CampaignPaused(Event, frozen=True, kw_only=True, tag="campaign.paused.v1"):
    campaign: CampaignId
    actor: PersonId
    role: str
    comment: str = ""
    paused_at: datetime


class CampaignResumed(Event, frozen=True, kw_only=True, tag="campaign.resumed.v1"):
    campaign: CampaignId
    actor: PersonId
    role: str
    comment: str = ""
    stage: Literal["live", "scheduled"]  # where it went on from
    resumed_at: datetime


class CampaignCompleted(Event, frozen=True, kw_only=True, tag="campaign.completed.v1"):
    campaign: CampaignId
    actor: PersonId
    role: str
    comment: str = ""
    completed_at: datetime


class CampaignArchived(Event, frozen=True, kw_only=True, tag="campaign.archived.v1"):
    campaign: CampaignId
    actor: PersonId
    role: str
    comment: str = ""
    archived_at: datetime


CampaignEvent = (
    CampaignDrafted
    | CampaignEdited
    | ApprovalVoided
    | CampaignSubmitted
    | ApprovalGiven
    | CampaignApproved
    | CampaignRejected
    | ChangesRequested
    | CampaignScheduled
    | CampaignWentLive
    | CampaignPaused
    | CampaignResumed
    | CampaignCompleted
    | CampaignArchived
)
