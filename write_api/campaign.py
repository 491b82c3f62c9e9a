"""Campaign commands over HTTP: create, edit, and the ten steps of the workflow."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import patch, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec.structs import replace

from commands.campaign import (
    Action,
    CreateCampaign,
    EditCampaign,
    MoveCampaign,
    create_campaign,
    edit_campaign,
    move_campaign,
)
from domain.approvals import Review
from domain.campaign import Brief, BriefChanges
from domain.identity import CampaignId
from domain.tenant.permissions import Permission
from write_api.bodies import read_as
from write_api.commanding import Answer, Receipt, asking, commander_of
from write_api.preconditions import expected_version
from write_api.problems import AnyRequest

COMMENT_CHARACTERS_MAX = 2_000


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a workflow step may say; the comment is kept beside the transition."""

    comment: Annotated[str, msgspec.Meta(max_length=COMMENT_CHARACTERS_MAX)] = ""


class ScheduleStep(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without `at`, the campaign goes live at its own start."""

    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class ApproveStep(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was read, by its hash, and the reviews that the approver vouches for."""

    content_hash: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")] | None = None
    reviews: tuple[Review, ...] = ()


STEPS: dict[Action, type[Step]] = {
    **dict.fromkeys(Action, Step),
    Action.SCHEDULE: ScheduleStep,
    Action.APPROVE: ApproveStep,
}
NEEDED: dict[str, Permission] = {
    **dict.fromkeys(Action, Permission.CAMPAIGN_OPERATE),
    Action.SUBMIT: Permission.CAMPAIGN_WRITE,
    Action.APPROVE: Permission.CAMPAIGN_APPROVE,
    Action.REJECT: Permission.CAMPAIGN_APPROVE,
    Action.REQUEST_CHANGES: Permission.CAMPAIGN_APPROVE,
}


@post(
    "/v1/campaigns",
    tags=["Campaigns"],
    opt={"permission": Permission.CAMPAIGN_WRITE, "body": Brief, "answer": Receipt},
)
async def post_campaign(request: AnyRequest) -> ASGIApp:
    """Draft a campaign."""
    commander = commander_of(request)
    brief = await read_as(request, Brief)
    command = CreateCampaign(brief=brief)
    outcome = await create_campaign(
        command, asking=asking(request, commander.caller, brief), desk=commander.desk
    )
    return Answer(outcome, status=201, location=f"/v1/campaigns/{outcome.id}")


@patch(
    "/v1/campaigns/{campaign:str}",
    tags=["Campaigns"],
    opt={"permission": Permission.CAMPAIGN_WRITE, "body": BriefChanges, "answer": Receipt},
)
async def patch_campaign(request: AnyRequest, campaign: FromPath[str]) -> ASGIApp:
    """Replace the given fields of a campaign; whatever was approved is void from then on."""
    commander = commander_of(request)
    expected = expected_version(request, required=True)
    changes = await read_as(request, BriefChanges)
    outcome = await edit_campaign(
        EditCampaign(campaign=CampaignId(campaign), changes=changes),
        asking=asking(request, commander.caller, changes),
        desk=commander.desk,
        expected_version=expected,
    )
    return Answer(outcome, status=200)


@post(
    [f"/v1/campaigns/{{campaign:str}}/{action}" for action in Action],
    status_code=200,
    tags=["Workflow"],
    opt={"permission": NEEDED, "bodies": STEPS, "answer": Receipt},
)
async def post_step(request: AnyRequest, campaign: FromPath[str]) -> ASGIApp:
    """Take a step of the workflow; what the campaign's stage or your role forbids is refused."""
    commander = commander_of(request)
    action = Action(request.scope["path"].rstrip("/").rpartition("/")[2])
    expected = expected_version(request)
    step = await read_as(request, STEPS[action])
    outcome = await move_campaign(
        moving(campaign, action, step),
        asking=asking(request, commander.caller, step),
        desk=commander.desk,
        expected_version=expected,
    )
    return Answer(outcome, status=200)


def moving(campaign: str, action: Action, step: Step) -> MoveCampaign:
    """Return the command that a step's body asks for."""
    command = MoveCampaign(campaign=CampaignId(campaign), action=action, comment=step.comment)
    match step:
        case ScheduleStep(at=at):
            return replace(command, go_live_at=at)
        case ApproveStep(content_hash=content_hash, reviews=reviews):
            return replace(command, content_hash=content_hash, reviews=reviews)
        case _:
            return command
