"""How a campaign came to its stage."""

from litestar import Response, get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath

from domain.identity import TenantId
from domain.tenant.permissions import Permission
from projections.access import Holder
from projections.transitions import Transition
from projections.views import Positions, Transitions
from read_api.parameters import Listed, Token, caught_up, no_campaign


@get(
    "/v1/campaigns/{campaign:str}/transitions",
    tags=["Workflow"],
    opt={"permission": Permission.CAMPAIGN_READ},
)
async def campaign_transitions(
    *,
    campaign: FromPath[str],
    caller: Given[Holder],
    transitions: Given[Transitions],
    positions: Given[Positions],
    token: Token = None,
) -> Response[Listed[Transition]]:
    """List each step with who took it, in what role, when and with what words; oldest first."""
    headers = await caught_up(positions, "transitions", token)
    steps = await transitions.of(TenantId(caller.tenant), campaign)
    if not steps:
        raise no_campaign()
    return Response(Listed([*steps], None), headers=headers)
