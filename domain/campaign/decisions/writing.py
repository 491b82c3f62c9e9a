"""What may be written in a campaign, and what rewriting it undoes."""

from datetime import datetime

from domain.campaign.authority import role_of_marketer
from domain.campaign.brief import Brief, BriefChanges, content_hash, in_utc, revised
from domain.campaign.checks import errors_in
from domain.campaign.events import ApprovalVoided, CampaignDrafted, CampaignEdited, CampaignEvent
from domain.campaign.refusals import (
    BriefInvalid,
    CampaignAlreadyWritten,
    CampaignNotEditable,
    CampaignUnknown,
)
from domain.campaign.state import (
    Approved,
    Archived,
    Campaign,
    Completed,
    Draft,
    InReview,
    Live,
    Paused,
    Plan,
    Rejected,
    Scheduled,
    Unwritten,
    stage_of,
)
from domain.identity import CampaignId
from domain.tenant.roles import Actor


def draft(
    campaign: Campaign, *, campaign_id: CampaignId, brief: Brief, by: Actor, at: datetime
) -> list[CampaignEvent]:
    """Write a new campaign down."""
    role_of_marketer(by)
    brief = _checked(brief)
    if isinstance(campaign, Unwritten):
        return [CampaignDrafted(campaign=campaign_id, author=by.person, brief=brief, drafted_at=at)]
    if campaign.plan.author == by.person and campaign.plan.brief == brief:
        return []
    raise CampaignAlreadyWritten(campaign=campaign_id)


def edit(
    campaign: Campaign, *, changes: BriefChanges, by: Actor, at: datetime
) -> list[CampaignEvent]:
    """Rewrite parts of a campaign; whatever was reviewed or approved is void after that."""
    match campaign:
        case Draft(plan=plan) | Rejected(plan=plan):
            return _rewrite(plan, changes, by=by, at=at)
        case InReview(plan=plan) | Approved(plan=plan) | Scheduled(plan=plan):
            rewritten = _rewrite(plan, changes, by=by, at=at)
            return [*rewritten, _voided(campaign, at)] if rewritten else []
        case Live() | Paused() | Completed() | Archived():
            raise CampaignNotEditable(stage=stage_of(campaign))
        case Unwritten():
            raise CampaignUnknown


def _rewrite(plan: Plan, changes: BriefChanges, *, by: Actor, at: datetime) -> list[CampaignEvent]:
    role_of_marketer(by)
    brief = _checked(revised(plan.brief, changes))
    if content_hash(brief) == plan.content_hash:
        return []
    return [CampaignEdited(campaign=plan.campaign, editor=by.person, brief=brief, edited_at=at)]


def _voided(campaign: InReview | Approved | Scheduled, at: datetime) -> ApprovalVoided:
    stage = stage_of(campaign).replace("_", " ")
    votes = campaign.votes if isinstance(campaign, InReview) else ()
    people = ", ".join(dict.fromkeys(vote.approver for vote in votes))
    lost = f"; the approvals of {people} no longer count" if people else ""
    return ApprovalVoided(
        campaign=campaign.plan.campaign,
        content_hash=campaign.plan.content_hash,
        reason=f"The campaign was edited while it was {stage}{lost}.",
        voided_at=at,
    )


def _checked(brief: Brief) -> Brief:
    if errors := errors_in(brief):
        raise BriefInvalid(*errors)
    return in_utc(brief)
