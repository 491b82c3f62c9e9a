"""What may be asked of a campaign once it is approved."""

from datetime import datetime
from typing import Literal

from domain.campaign.authority import role_of_anyone, role_of_launcher, untimely
from domain.campaign.events import (
    CampaignArchived,
    CampaignCompleted,
    CampaignEvent,
    CampaignPaused,
    CampaignResumed,
    CampaignScheduled,
    CampaignWentLive,
)
from domain.campaign.refusals import (
    CampaignNotArchivable,
    CampaignNotCompletable,
    CampaignNotLaunchable,
    CampaignNotOver,
    CampaignNotPausable,
    CampaignNotResumable,
    CampaignNotSchedulable,
    CampaignOver,
    GoLiveTimeMissing,
    GoLiveTimePast,
    GoLiveTimeTooLate,
)
from domain.campaign.state import (
    Approved,
    Archived,
    Campaign,
    Completed,
    Live,
    Paused,
    Plan,
    Running,
    Scheduled,
)
from domain.tenant.roles import Actor

Pausable = Running | Paused


def schedule(
    campaign: Campaign,
    *,
    by: Actor,
    at: datetime,
    comment: str = "",
    go_live_at: datetime | None = None,
) -> list[CampaignEvent]:
    """Set when the campaign goes live: at its own start, unless told otherwise."""
    if not isinstance(campaign, Approved | Scheduled):
        raise untimely(campaign, CampaignNotSchedulable)
    role = role_of_launcher(by)
    go_live_at = go_live_at or campaign.plan.brief.starts_at
    if isinstance(campaign, Scheduled):
        if go_live_at not in {None, campaign.go_live_at}:
            raise untimely(campaign, CampaignNotSchedulable)
        return []
    return [
        CampaignScheduled(
            campaign=campaign.plan.campaign,
            actor=by.person,
            role=role,
            comment=comment,
            go_live_at=_timely(go_live_at, campaign.plan, at=at),
            scheduled_at=at,
        )
    ]


def go_live(
    campaign: Campaign, *, by: Actor, at: datetime, comment: str = ""
) -> list[CampaignEvent]:
    """Start bidding now."""
    if not isinstance(campaign, Approved | Scheduled | Live):
        raise untimely(campaign, CampaignNotLaunchable)
    role = role_of_launcher(by)
    if isinstance(campaign, Live):
        return []
    _refuse_when_over(campaign.plan, at)
    id_ = campaign.plan.campaign
    return [
        CampaignWentLive(campaign=id_, actor=by.person, role=role, comment=comment, went_live_at=at)
    ]


def pause(campaign: Campaign, *, by: Actor, at: datetime, comment: str = "") -> list[CampaignEvent]:
    """Stop bidding, or stop waiting to, until resumed."""
    if not isinstance(campaign, Pausable):
        raise untimely(campaign, CampaignNotPausable)
    role = role_of_anyone(by)
    if isinstance(campaign, Paused):
        return []
    id_ = campaign.plan.campaign
    return [CampaignPaused(campaign=id_, actor=by.person, role=role, comment=comment, paused_at=at)]


def resume(
    campaign: Campaign, *, by: Actor, at: datetime, comment: str = ""
) -> list[CampaignEvent]:
    """Go on from where the campaign was paused: live, or waiting for its time."""
    resumed = isinstance(campaign, Running) and campaign.resumed
    if not (resumed or isinstance(campaign, Paused)):
        raise untimely(campaign, CampaignNotResumable)
    role = role_of_anyone(by)
    if not isinstance(campaign, Paused):
        return []
    _refuse_when_over(campaign.plan, at)
    waiting = campaign.go_live_at is not None and campaign.go_live_at > at
    stage: Literal["live", "scheduled"] = "scheduled" if waiting else "live"
    id_ = campaign.plan.campaign
    return [
        CampaignResumed(
            campaign=id_, actor=by.person, role=role, comment=comment, stage=stage, resumed_at=at
        )
    ]


def complete(
    campaign: Campaign, *, by: Actor, at: datetime, comment: str = ""
) -> list[CampaignEvent]:
    """End the campaign for good."""
    if not isinstance(campaign, Live | Paused | Completed):
        raise untimely(campaign, CampaignNotCompletable)
    role = role_of_anyone(by)
    if isinstance(campaign, Completed):
        return []
    id_ = campaign.plan.campaign
    return [
        CampaignCompleted(
            campaign=id_, actor=by.person, role=role, comment=comment, completed_at=at
        )
    ]


def end(campaign: Campaign, *, by: Actor, at: datetime, comment: str = "") -> list[CampaignEvent]:
    """Complete a campaign whose end has come, also one that never went live.

    This is the clock's step, beside the matrix of what people may do (FR-WKF-002).
    """
    if not isinstance(campaign, Scheduled | Live | Paused | Completed):
        raise untimely(campaign, CampaignNotCompletable)
    role = role_of_anyone(by)
    if isinstance(campaign, Completed):
        return []
    ends_at, id_ = campaign.plan.brief.ends_at, campaign.plan.campaign
    if ends_at is None or ends_at > at:
        raise CampaignNotOver(campaign=id_)
    return [
        CampaignCompleted(
            campaign=id_, actor=by.person, role=role, comment=comment, completed_at=at
        )
    ]


def archive(
    campaign: Campaign, *, by: Actor, at: datetime, comment: str = ""
) -> list[CampaignEvent]:
    """Put a completed campaign away; its history stays."""
    if not isinstance(campaign, Completed | Archived):
        raise untimely(campaign, CampaignNotArchivable)
    role = role_of_anyone(by)
    if isinstance(campaign, Archived):
        return []
    id_ = campaign.plan.campaign
    return [
        CampaignArchived(campaign=id_, actor=by.person, role=role, comment=comment, archived_at=at)
    ]


def _timely(go_live_at: datetime | None, plan: Plan, *, at: datetime) -> datetime:
    if go_live_at is None:
        raise GoLiveTimeMissing(campaign=plan.campaign)
    if go_live_at <= at:
        raise GoLiveTimePast(campaign=plan.campaign)
    if plan.brief.ends_at is not None and go_live_at >= plan.brief.ends_at:
        raise GoLiveTimeTooLate(campaign=plan.campaign)
    return go_live_at


def _refuse_when_over(plan: Plan, at: datetime) -> None:
    if plan.brief.ends_at is not None and plan.brief.ends_at <= at:
        raise CampaignOver(campaign=plan.campaign)
