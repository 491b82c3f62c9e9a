"""The approval rules of the agency, as they read now."""

from litestar import Response, get
from litestar.di import NamedDependency as Given
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from domain.approvals import Rule
from domain.identity import TenantId
from domain.tenant.permissions import Permission
from projections.access import Holder
from projections.approval_rules import ApprovalRules
from projections.views import Positions
from read_api.parameters import LIMIT_DEFAULT, Cursor, Limit, Listed, Token, caught_up

VIEW = "approval_rules"


@get("/v1/approval-rules", tags=["Workflow"], opt={"permission": Permission.TENANT_READ})
async def approval_rule_list(
    *,
    caller: Given[Holder],
    approval_rules: Given[ApprovalRules],
    positions: Given[Positions],
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
    token: Token = None,
) -> Response[Listed[Rule]]:
    """List the rules by name; all that speak of a campaign apply together."""
    headers = await caught_up(positions, VIEW, token)
    told = await approval_rules.of(TenantId(caller.tenant))
    names = [name for name in sorted(told.rules) if cursor is None or name > cursor]
    more = len(names) > limit
    items = [told.rules[name] for name in names[:limit]]
    headers["ETag"] = f'"{told.version}"'
    return Response(Listed(items, names[limit - 1] if more else None), headers=headers)


@get("/v1/approval-rules/{name:str}", tags=["Workflow"], opt={"permission": Permission.TENANT_READ})
async def approval_rule(
    *,
    name: FromPath[str],
    caller: Given[Holder],
    approval_rules: Given[ApprovalRules],
    positions: Given[Positions],
    token: Token = None,
) -> Response[Rule]:
    """Read a rule: its ETag, the version of all the rules, is what a change sends as If-Match."""
    headers = await caught_up(positions, VIEW, token)
    told = await approval_rules.of(TenantId(caller.tenant))
    if (rule := told.rules.get(name)) is None:
        raise NotFoundException(
            detail="There is no such approval rule.", extra={"code": "approval_rule_unknown"}
        )
    headers["ETag"] = f'"{told.version}"'
    return Response(rule, headers=headers)
