"""What may be asked of a campaign until its approval."""

from collections.abc import Sequence
from datetime import datetime

from domain.approvals.requirement import Review, asked_by, waived_by
from domain.approvals.rule import Rule
from domain.campaign.authority import (
    role_of_approver,
    role_of_colleague,
    role_of_marketer,
    untimely,
)
from domain.campaign.checks import missing_from
from domain.campaign.decisions.approving import final, further
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
    ContentChanged,
)
from domain.campaign.state import Approved, Campaign, Draft, InReview, Plan, Rejected
from domain.identity import PersonId
from domain.tenant.roles import Actor

RULE = "rule"  # the role in which a rule approves, and how its name as an approver begins


def submit(
    campaign: Campaign,
    *,
    by: Actor,
    at: datetime,
    comment: str = "",
    rules: Sequence[Rule] = (),
) -> list[CampaignEvent]:
    """Ask for a review of what is written; what the rules ask of it is pinned from here on.

    When a rule lets the campaign pass and no other asks for anything, it is approved at once.
    """
    waved_through = isinstance(campaign, Approved) and campaign.approval.role == RULE
    if not (waved_through or isinstance(campaign, Draft | Rejected | InReview)):
        raise untimely(campaign, CampaignNotSubmittable)
    role = role_of_marketer(by)
    if not isinstance(campaign, Draft | Rejected):
        return []
    plan = campaign.plan
    if missing := missing_from(plan.brief, at=at):
        raise BriefIncomplete(*missing)
    total, channels = plan.brief.budget.total, plan.brief.channels
    requirements = asked_by(rules, total=total, channels=channels)
    submitted = CampaignSubmitted(
        campaign=plan.campaign,
        submitter=by.person,
        role=role,
        content_hash=plan.content_hash,
        comment=comment,
        submitted_at=at,
        requirements=requirements,
    )
    waiver = None if requirements else waived_by(rules, total=total, channels=channels)
    return [submitted] if waiver is None else [submitted, _passed(plan, waiver, at)]


def approve(
    campaign: Campaign,
    *,
    by: Actor,
    at: datetime,
    comment: str = "",
    content_hash: str | None = None,
    reviews: tuple[Review, ...] = (),
) -> list[CampaignEvent]:
    """Agree to what is under review; the last approval that is asked for lets it spend money.

    `content_hash` is of the text that was read; it binds to exactly that text.
    """
    if not isinstance(campaign, InReview | Approved):
        raise untimely(campaign, CampaignNotApprovable)
    role = role_of_colleague(by, campaign.plan)
    if content_hash not in {None, campaign.plan.content_hash}:
        raise ContentChanged(campaign=campaign.plan.campaign, current=campaign.plan.content_hash)
    if isinstance(campaign, Approved):
        return []
    if not campaign.requirements:
        return [final(campaign.plan, by=by, role=role, at=at, comment=comment)]
    return further(campaign, by=by, at=at, comment=comment, reviews=reviews)


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


def _passed(plan: Plan, rule: str, at: datetime) -> CampaignApproved:
    return CampaignApproved(
        campaign=plan.campaign,
        approver=PersonId(f"{RULE}:{rule}"),
        role=RULE,
        content_hash=plan.content_hash,
        comment="The budget is below what this rule asks anybody about.",
        approved_at=at,
    )
