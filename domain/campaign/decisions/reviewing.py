"""What may be asked of a campaign until its approval."""

from datetime import datetime

from domain.campaign.checks import missing_from
from domain.campaign.decisions.authority import (
    role_of_approver,
    role_of_colleague,
    role_of_marketer,
    untimely,
)
from domain.campaign.events import (
    CampaignApproved,
    CampaignEvent,
    CampaignRejected,
    CampaignSubmitted,
    ChangesRequested,
)
from domain.campaign.refusals import (
    BriefIncomplete,
    CampaignNotApprovable,
    CampaignNotRejectable,
    CampaignNotReturnable,
    CampaignNotSubmittable,
)
from domain.campaign.state import Approved, Campaign, Draft, InReview, Rejected
from domain.tenant.roles import Actor


def submit(
    campaign: Campaign, *, by: Actor, at: datetime, comment: str = ""
) -> list[CampaignEvent]:
    """Ask for a review of what is written."""
    if not isinstance(campaign, Draft | Rejected | InReview):
        raise untimely(campaign, CampaignNotSubmittable)
    role = role_of_marketer(by)
    if isinstance(campaign, InReview):
        return []
    if missing := missing_from(campaign.plan.brief, at=at):
        raise BriefIncomplete(*missing)
    return [
        CampaignSubmitted(
            campaign=campaign.plan.campaign,
            submitter=by.person,
            role=role,
            content_hash=campaign.plan.content_hash,
            comment=comment,
            submitted_at=at,
        )
    ]


def approve(
    campaign: Campaign, *, by: Actor, at: datetime, comment: str = ""
) -> list[CampaignEvent]:
    """Let what was reviewed spend money; the approval binds to exactly that text."""
    if not isinstance(campaign, InReview | Approved):
        raise untimely(campaign, CampaignNotApprovable)
    role = role_of_colleague(by, campaign.plan)
    if isinstance(campaign, Approved):
        return []
    return [
        CampaignApproved(
            campaign=campaign.plan.campaign,
            approver=by.person,
            role=role,
            content_hash=campaign.plan.content_hash,
            comment=comment,
            approved_at=at,
        )
    ]


def reject(
    campaign: Campaign, *, by: Actor, at: datetime, comment: str = ""
) -> list[CampaignEvent]:
    """Say no to what was reviewed; it can be mended and submitted again."""
    if not isinstance(campaign, InReview | Rejected):
        raise untimely(campaign, CampaignNotRejectable)
    role = role_of_approver(by)
    if isinstance(campaign, Rejected):
        return []
    id_ = campaign.plan.campaign
    return [
        CampaignRejected(campaign=id_, actor=by.person, role=role, comment=comment, rejected_at=at)
    ]


def request_changes(
    campaign: Campaign, *, by: Actor, at: datetime, comment: str = ""
) -> list[CampaignEvent]:
    """Send what was reviewed back to its author as a draft."""
    returned = isinstance(campaign, Draft) and campaign.returned
    if not (returned or isinstance(campaign, InReview)):
        raise untimely(campaign, CampaignNotReturnable)
    role = role_of_approver(by)
    if not isinstance(campaign, InReview):
        return []
    id_ = campaign.plan.campaign
    return [
        ChangesRequested(
            campaign=id_, actor=by.person, role=role, comment=comment, changes_requested_at=at
        )
    ]
