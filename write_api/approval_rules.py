"""Approval rules over HTTP: write one, take one away."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

import msgspec
from litestar import delete, put
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec.structs import asdict

from commands.approval_rules import (
    RemoveApprovalRule,
    SetApprovalRule,
    remove_approval_rule,
    set_approval_rule,
)
from domain.approvals import Rule
from domain.approvals.decisions import ApprovalRuleTaken
from domain.approvals.rule import APPROVALS_MAX
from domain.money import Money
from domain.tenant.permissions import Permission
from write_api.bodies import read_as
from write_api.commanding import Answer, Receipt, asking, commander_of
from write_api.preconditions import expected_version
from write_api.problems import AnyRequest, Declined, Flaw


class RuleBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of a rule; its name stands in the address, and may be repeated here."""

    name: str | None = None
    role: str
    min_approvals: Annotated[int, msgspec.Meta(ge=1, le=APPROVALS_MAX)] = 1
    auto_approve_below: Money | None = None
    above: Money | None = None
    channels: tuple[str, ...] = ()
    creative_review: bool = False
    legal_review: bool = False
    enabled: bool = True


@put(
    "/v1/approval-rules/{name:str}",
    tags=["Workflow"],
    opt={"permission": Permission.TENANT_WRITE, "body": RuleBody, "answer": Receipt},
)
async def put_approval_rule(request: AnyRequest, name: FromPath[str]) -> ASGIApp:
    """Write a rule: a new name without If-Match, one that exists with it.

    Campaigns that are in review already keep what was asked when they were submitted.
    """
    commander = commander_of(request)
    is_new = request.headers.get("if-match") is None
    expected = expected_version(request)
    body = await read_as(request, RuleBody)
    command = SetApprovalRule(rule=_rule(name, body), is_new=is_new)
    asked = asking(request, commander.caller, body)
    try:
        outcome = await set_approval_rule(
            command, asking=asked, desk=commander.desk, expected_version=expected
        )
    except ApprovalRuleTaken:
        raise Declined(
            HTTPStatus.PRECONDITION_REQUIRED,
            "if_match_required",
            "This rule exists: send its ETag as If-Match, so that nobody's change is lost.",
        ) from None
    address = f"/v1/approval-rules/{quote(name, safe='')}"
    return Answer(outcome, status=201, location=address) if is_new else Answer(outcome, status=200)


@delete(
    "/v1/approval-rules/{name:str}",
    status_code=200,
    tags=["Workflow"],
    opt={"permission": Permission.TENANT_WRITE, "answer": Receipt},
)
async def delete_approval_rule(request: AnyRequest, name: FromPath[str]) -> ASGIApp:
    """Take a rule away; where no rule speaks of a campaign, one approval is still needed."""
    commander = commander_of(request)
    outcome = await remove_approval_rule(
        RemoveApprovalRule(name=name),
        asking=asking(request, commander.caller, None),
        desk=commander.desk,
        expected_version=expected_version(request),
    )
    return Answer(outcome, status=200)


def _rule(name: str, body: RuleBody) -> Rule:
    if body.name not in {None, name}:
        raise Declined(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "fields_wrong",
            "Some fields are wrong: each is named under errors.",
            errors=[Flaw("/name", "This is not the name in the address")],
        )
    return Rule(**{**asdict(body), "name": name})
