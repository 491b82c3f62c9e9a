"""Shared budgets over HTTP: set one, or change who spends how much of it."""

from typing import Annotated
from urllib.parse import quote

import msgspec
from litestar import put
from litestar.params import FromPath
from litestar.types import ASGIApp

from commands.shared_budget import SetSharedBudget, set_shared_budget
from domain.identity import CampaignId
from domain.money import Money
from domain.shared_budget.decisions import MEMBERS_MAX
from domain.tenant.permissions import Permission
from write_api.bodies import read_as
from write_api.commanding import Answer, Receipt, asking, commander_of
from write_api.overwriting import NEVER_READ, asking_for_if_match, version_read
from write_api.problems import AnyRequest

Campaign = Annotated[CampaignId, msgspec.Meta(min_length=1, max_length=128)]
Campaigns = Annotated[tuple[Campaign, ...], msgspec.Meta(max_length=MEMBERS_MAX)]


class SharedBudgetBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of it: money of one advertiser, and the campaigns that spend it together.

    Days end at midnight of `time_zone` (IANA). What a campaign spends counts from its joining.
    """

    advertiser: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    total: Money
    daily: Money | None = None
    time_zone: Annotated[str, msgspec.Meta(max_length=64)] = "UTC"
    campaigns: Campaigns = ()


@put(
    "/v1/shared-budgets/{shared_budget:str}",
    tags=["Budgets"],
    opt={"permission": Permission.BILLING_WRITE, "body": SharedBudgetBody, "answer": Receipt},
)
async def put_shared_budget(request: AnyRequest, shared_budget: FromPath[str]) -> ASGIApp:
    """Set a shared budget, or with If-Match change one; spend since it was read does not matter."""
    commander = commander_of(request)
    expected = version_read(request)
    body = await read_as(request, SharedBudgetBody)
    with asking_for_if_match(request):
        outcome = await set_shared_budget(
            SetSharedBudget(
                shared_budget=shared_budget,
                advertiser=body.advertiser,
                total=body.total,
                daily=body.daily,
                time_zone=body.time_zone,
                campaigns=body.campaigns,
            ),
            asking=asking(request, commander.caller, body),
            desk=commander.desk,
            expected_version=expected,
        )
    if expected == NEVER_READ:
        address = f"/v1/shared-budgets/{quote(shared_budget, safe='')}"
        return Answer(outcome, status=201, location=address)
    return Answer(outcome, status=200)
