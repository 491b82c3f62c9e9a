"""What may be asked of a campaign."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from functools import partial

import msgspec

from commands.approval_rules import rules_in_force
from commands.desk import Desk
from commands.ledger import SNAPSHOT_EVERY, Ledger
from commands.transact import Asking, Outcome, derived_id, transact
from domain.approvals import Review
from domain.campaign import UNWRITTEN, Brief, BriefChanges, Campaign, CampaignEvent, evolve
from domain.campaign import decisions as campaigns
from domain.identity import CampaignId
from migrations.events import EventDecoder

CAMPAIGNS: Ledger[Campaign, CampaignEvent] = Ledger(
    "campaign", UNWRITTEN, evolve, EventDecoder(CampaignEvent), snapshot_every=SNAPSHOT_EVERY
)


class Action(StrEnum):
    """The ten workflow actions (FR-WKF-002), as they are written in addresses."""

    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    REQUEST_CHANGES = "request-changes"
    SCHEDULE = "schedule"
    GO_LIVE = "go-live"
    PAUSE = "pause"
    RESUME = "resume"
    COMPLETE = "complete"
    ARCHIVE = "archive"


DECISIONS: dict[Action, Callable[..., list[CampaignEvent]]] = {
    Action.SUBMIT: campaigns.submit,
    Action.APPROVE: campaigns.approve,
    Action.REJECT: campaigns.reject,
    Action.REQUEST_CHANGES: campaigns.request_changes,
    Action.SCHEDULE: campaigns.schedule,
    Action.GO_LIVE: campaigns.go_live,
    Action.PAUSE: campaigns.pause,
    Action.RESUME: campaigns.resume,
    Action.COMPLETE: campaigns.complete,
    Action.ARCHIVE: campaigns.archive,
}


class CreateCampaign(msgspec.Struct, frozen=True, kw_only=True):
    brief: Brief


class EditCampaign(msgspec.Struct, frozen=True, kw_only=True):
    campaign: CampaignId
    changes: BriefChanges


class MoveCampaign(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the workflow.

    `go_live_at` is heard by `schedule` alone; the hash of what was read and the reviews that
    are vouched for by `approve` alone.
    """

    campaign: CampaignId
    action: Action
    comment: str = ""
    go_live_at: datetime | None = None
    content_hash: str | None = None
    reviews: tuple[Review, ...] = ()


class EndCampaign(msgspec.Struct, frozen=True, kw_only=True):
    """Complete a campaign because its end has come."""

    campaign: CampaignId
    comment: str = ""


async def create_campaign(command: CreateCampaign, *, asking: Asking, desk: Desk) -> Outcome:
    """Draft a campaign; its id follows from the command's, so asking again finds it."""
    campaign = CampaignId(derived_id(asking.command_id, "campaign"))
    at = desk.clock.now()
    decision = partial(
        campaigns.draft, campaign_id=campaign, brief=command.brief, by=asking.actor, at=at
    )
    return await transact(desk, CAMPAIGNS, campaign, decision, asking=asking, at=at)


async def edit_campaign(
    command: EditCampaign, *, asking: Asking, desk: Desk, expected_version: int | None = None
) -> Outcome:
    """Replace parts of the brief."""
    at = desk.clock.now()
    decision = partial(campaigns.edit, changes=command.changes, by=asking.actor, at=at)
    return await transact(
        desk,
        CAMPAIGNS,
        command.campaign,
        decision,
        asking=asking,
        at=at,
        expected_version=expected_version,
    )


async def move_campaign(
    command: MoveCampaign, *, asking: Asking, desk: Desk, expected_version: int | None = None
) -> Outcome:
    """Take one of the ten actions; a submission is asked what the tenant's rules ask now."""
    at = desk.clock.now()
    decision = partial(DECISIONS[command.action], by=asking.actor, at=at, comment=command.comment)
    if command.action is Action.SCHEDULE:
        decision = partial(decision, go_live_at=command.go_live_at)
    elif command.action is Action.APPROVE:
        decision = partial(decision, content_hash=command.content_hash, reviews=command.reviews)
    elif command.action is Action.SUBMIT:
        decision = partial(decision, rules=await rules_in_force(desk, asking.tenant))
    return await transact(
        desk,
        CAMPAIGNS,
        command.campaign,
        decision,
        asking=asking,
        at=at,
        expected_version=expected_version,
    )


async def end_campaign(command: EndCampaign, *, asking: Asking, desk: Desk) -> Outcome:
    """Complete a campaign whose end has come: the clock's step, not a person's."""
    at = desk.clock.now()
    decision = partial(campaigns.end, by=asking.actor, at=at, comment=command.comment)
    return await transact(desk, CAMPAIGNS, command.campaign, decision, asking=asking, at=at)
