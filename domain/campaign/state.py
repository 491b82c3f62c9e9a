"""What a campaign is, given everything that happened to it."""

from datetime import datetime

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from domain.approvals.requirement import Missing, Requirement, Vote, missing
from domain.campaign.brief import Brief, content_hash
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
from domain.identity import CampaignId, PersonId


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What was written, and by whom."""

    campaign: CampaignId
    author: PersonId
    editor: PersonId  # whoever wrote last; the author, until someone edits
    brief: Brief
    content_hash: str


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """Whose word let the campaign spend, and on which text."""

    approver: PersonId
    role: str
    content_hash: str
    approved_at: datetime


class Unwritten(msgspec.Struct, frozen=True, tag_field="stage", tag="unwritten"):
    """No campaign yet."""


class Draft(msgspec.Struct, frozen=True, kw_only=True, tag_field="stage", tag="draft"):
    plan: Plan
    returned: bool = False  # by a reviewer who asked for changes


class InReview(msgspec.Struct, frozen=True, kw_only=True, tag_field="stage", tag="in_review"):
    """Without requirements, one approval by any reviewer is enough."""

    plan: Plan
    submitter: PersonId
    requirements: tuple[Requirement, ...] = ()
    votes: tuple[Vote, ...] = ()

    @property
    def missing(self) -> tuple[Missing, ...]:
        """Return what the requirements still wait for."""
        return missing(self.requirements, self.votes)


class Rejected(msgspec.Struct, frozen=True, kw_only=True, tag_field="stage", tag="rejected"):
    plan: Plan


class Approved(msgspec.Struct, frozen=True, kw_only=True, tag_field="stage", tag="approved"):
    plan: Plan
    approval: Approval


class Scheduled(msgspec.Struct, frozen=True, kw_only=True, tag_field="stage", tag="scheduled"):
    plan: Plan
    approval: Approval
    go_live_at: datetime
    resumed: bool = False


class Live(msgspec.Struct, frozen=True, kw_only=True, tag_field="stage", tag="live"):
    plan: Plan
    approval: Approval
    resumed: bool = False


class Paused(msgspec.Struct, frozen=True, kw_only=True, tag_field="stage", tag="paused"):
    plan: Plan
    approval: Approval
    go_live_at: datetime | None = None  # when it was paused before it ever ran


class Completed(msgspec.Struct, frozen=True, kw_only=True, tag_field="stage", tag="completed"):
    plan: Plan
    approval: Approval


class Archived(msgspec.Struct, frozen=True, kw_only=True, tag_field="stage", tag="archived"):
    plan: Plan
    approval: Approval


Campaign = (
    Unwritten
    | Draft
    | InReview
    | Rejected
    | Approved
    | Scheduled
    | Live
    | Paused
    | Completed
    | Archived
)
Written = Draft | InReview | Rejected | Approved | Scheduled | Live | Paused | Completed | Archived
Running = Live | Scheduled

UNWRITTEN = Unwritten()


def stage_of(campaign: Campaign) -> str:
    """Return the stage as outsiders read it, for example `in_review`."""
    return str(campaign.__struct_config__.tag)


def evolve(  # noqa: C901, PLR0911, PLR0912 - one case per event: splitting would hide one
    campaign: Campaign, event: CampaignEvent
) -> Campaign:
    """Accept what happened: history is never argued with, so nothing is refused."""
    match event:  # What happens most often is asked first.
        case CampaignPaused() if isinstance(campaign, Running):
            return _paused(campaign)
        case CampaignResumed() if isinstance(campaign, Paused):
            return _resumed(campaign, event)
        case CampaignDrafted() if isinstance(campaign, Unwritten):
            return Draft(plan=_plan(event))
        case CampaignEdited() if not isinstance(campaign, Unwritten):
            return _edited(campaign, event)
        case ApprovalVoided() if isinstance(campaign, InReview | Approved | Scheduled):
            return Draft(plan=campaign.plan)
        case CampaignSubmitted() if isinstance(campaign, Draft | Rejected):
            return _in_review(campaign.plan, event)
        case ApprovalGiven() if isinstance(campaign, InReview):
            return replace(campaign, votes=(*campaign.votes, _vote(event)))
        case CampaignApproved() if isinstance(campaign, InReview):
            return Approved(plan=campaign.plan, approval=_approval(event))
        case CampaignRejected() if isinstance(campaign, InReview):
            return Rejected(plan=campaign.plan)
        case ChangesRequested() if isinstance(campaign, InReview):
            return Draft(plan=campaign.plan, returned=True)
        case CampaignScheduled(go_live_at=at) if isinstance(campaign, Approved):
            return Scheduled(plan=campaign.plan, approval=campaign.approval, go_live_at=at)
        case CampaignWentLive() if isinstance(campaign, Approved | Scheduled):
            return Live(plan=campaign.plan, approval=campaign.approval)
        case CampaignCompleted() if isinstance(campaign, Scheduled | Live | Paused):
            return Completed(plan=campaign.plan, approval=campaign.approval)
        case CampaignArchived() if isinstance(campaign, Completed):
            return Archived(plan=campaign.plan, approval=campaign.approval)
        case CampaignDrafted() | CampaignEdited() | ApprovalVoided() | CampaignSubmitted():
            return campaign  # Out of order: on the record, without effect.
        case ApprovalGiven() | CampaignApproved() | CampaignRejected() | ChangesRequested():
            return campaign
        case CampaignScheduled() | CampaignWentLive() | CampaignPaused() | CampaignResumed():
            return campaign
        case CampaignCompleted() | CampaignArchived():
            return campaign


def _plan(event: CampaignDrafted) -> Plan:
    return Plan(
        campaign=event.campaign,
        author=event.author,
        editor=event.author,
        brief=event.brief,
        content_hash=content_hash(event.brief),
    )


def _edited(campaign: Written, event: CampaignEdited) -> Campaign:
    plan = _rewritten(campaign.plan, event)
    return Draft(plan=plan) if isinstance(campaign, Draft) else replace(campaign, plan=plan)


def _rewritten(plan: Plan, event: CampaignEdited) -> Plan:
    return replace(
        plan, editor=event.editor, brief=event.brief, content_hash=content_hash(event.brief)
    )


def _in_review(plan: Plan, event: CampaignSubmitted) -> InReview:
    pinned = () if event.requirements is UNSET else event.requirements
    return InReview(plan=plan, submitter=event.submitter, requirements=pinned)


def _vote(event: ApprovalGiven) -> Vote:
    return Vote(approver=event.approver, rules=event.rules, reviews=event.reviews)


def _approval(event: CampaignApproved) -> Approval:
    return Approval(
        approver=event.approver,
        role=event.role,
        content_hash=event.content_hash,
        approved_at=event.approved_at,
    )


def _paused(campaign: Live | Scheduled) -> Paused:
    go_live_at = campaign.go_live_at if isinstance(campaign, Scheduled) else None
    return Paused(plan=campaign.plan, approval=campaign.approval, go_live_at=go_live_at)


def _resumed(campaign: Paused, event: CampaignResumed) -> Campaign:
    plan, approval = campaign.plan, campaign.approval
    if event.stage == "scheduled" and campaign.go_live_at is not None:
        return Scheduled(plan=plan, approval=approval, go_live_at=campaign.go_live_at, resumed=True)
    return Live(plan=plan, approval=approval, resumed=True)
