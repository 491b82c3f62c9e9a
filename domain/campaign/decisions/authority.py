"""Who may do what to a campaign, and how a wrong moment is refused."""

from domain.campaign.refusals import (
    ApproverNeeded,
    CampaignUnknown,
    MarketerNeeded,
    OwnWorkApproved,
    RoleNeeded,
)
from domain.campaign.state import Campaign, Plan, Unwritten, stage_of
from domain.refusal import Refusal
from domain.tenant.roles import ANY_ROLE, APPROVING, AUTHORING, Actor, Role


def role_of_marketer(by: Actor) -> Role:
    """Return the role in which `by` writes and submits, or refuse."""
    return _role(by, AUTHORING, MarketerNeeded)


def role_of_approver(by: Actor) -> Role:
    """Return the role in which `by` reviews and launches, or refuse."""
    return _role(by, APPROVING, ApproverNeeded)


def role_of_colleague(by: Actor, plan: Plan) -> Role:
    """Return the role in which `by` approves what others wrote, or refuse."""
    if by.person in {plan.author, plan.editor}:
        raise OwnWorkApproved(campaign=plan.campaign, person=by.person)
    return role_of_approver(by)


def role_of_anyone(by: Actor) -> Role:
    """Return any role of `by`: whoever works here may stop and restart what runs."""
    return _role(by, ANY_ROLE, RoleNeeded)


def untimely(campaign: Campaign, refusal: type[Refusal]) -> Refusal:
    """Return why the stage does not allow this, or that there is no campaign at all."""
    if isinstance(campaign, Unwritten):
        return CampaignUnknown()
    return refusal(campaign=campaign.plan.campaign, stage=stage_of(campaign))


def _role(by: Actor, allowed: tuple[Role, ...], refusal: type[Refusal]) -> Role:
    role = by.acting_as(allowed)
    if role is None:
        raise refusal(person=by.person)
    return role
