"""Who may do what to a campaign, and how a wrong moment is refused.

The permission decides. The role is what goes on the record: the first built-in one that fits,
else a role the agency made itself. Administrators hold every permission, also the one to write
the rules, so neither they nor marketers review and launch by that alone.
"""

from collections.abc import Callable

from domain.campaign.refusals import (
    ApproverNeeded,
    CampaignUnknown,
    MarketerNeeded,
    OwnWorkApproved,
    RoleNeeded,
)
from domain.campaign.state import Campaign, Plan, Unwritten, stage_of
from domain.refusal import Refusal
from domain.tenant.permissions import Permission
from domain.tenant.roles import ANY_ROLE, APPROVING, AUTHORING, Actor, Role

BUILT_IN = frozenset(Role)


def role_of_marketer(by: Actor) -> str:
    """Return the role in which `by` writes and submits, or refuse."""
    return _role(by, Permission.CAMPAIGN_WRITE, AUTHORING, MarketerNeeded)


def role_of_approver(by: Actor) -> str:
    """Return the role in which `by` reviews, or refuse."""
    return _role(by, Permission.CAMPAIGN_APPROVE, APPROVING, ApproverNeeded)


def role_of_colleague(by: Actor, plan: Plan) -> str:
    """Return the role in which `by` approves what others wrote, or refuse."""
    if by.person in {plan.author, plan.editor}:
        raise OwnWorkApproved(campaign=plan.campaign, person=by.person)
    return role_of_approver(by)


def role_of_launcher(by: Actor) -> str:
    """Return the role in which `by` starts what was approved, or refuse."""
    return _role(by, Permission.CAMPAIGN_OPERATE, APPROVING, ApproverNeeded)


def role_of_anyone(by: Actor) -> str:
    """Return any role of `by`: whoever works here may stop and restart what runs."""
    return _role(by, Permission.CAMPAIGN_OPERATE, ANY_ROLE, RoleNeeded)


def may(by: Actor, authority: Callable[[Actor], str]) -> bool:
    """Tell whether `authority` would let `by` act."""
    try:
        authority(by)
    except Refusal:
        return False
    return True


def untimely(campaign: Campaign, refusal: type[Refusal]) -> Refusal:
    """Return why the stage does not allow this, or that there is no campaign at all."""
    if isinstance(campaign, Unwritten):
        return CampaignUnknown()
    return refusal(campaign=campaign.plan.campaign, stage=stage_of(campaign))


def _own(role: str) -> bool:
    """Tell whether the agency made this role itself."""
    return role not in BUILT_IN


def _role(
    by: Actor, permission: Permission, usual: tuple[Role, ...], refusal: type[Refusal]
) -> str:
    role = by.acting_as(usual) or next(filter(_own, by.roles), None)
    if role is None or permission not in by.permissions:
        raise refusal(person=by.person)
    return str(role)
