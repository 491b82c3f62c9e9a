import pytest
from litestar import Litestar, get
from litestar.di import NamedDependency as Given

from domain.tenant.permissions import SIGNED_IN, Permission
from projections.access import Holder
from write_api.admission import RouteUnguarded, require_guards


def app_with(**opt):
    @get("/thing", **opt)
    async def thing() -> str:
        return "here"

    return Litestar([thing], openapi_config=None)


@pytest.mark.parametrize(
    "wanted", [None, SIGNED_IN, Permission.CDP_READ, {"thing": Permission.CDP_READ}]
)
def test_a_route_that_says_so_is_taken(wanted):
    assert require_guards(app_with(opt={"permission": wanted})) is None


@pytest.mark.parametrize(
    "opt", [{}, {"permission": "thing:burn"}, {"permission": {"thing": "thing:burn"}}]
)
def test_a_route_that_forgets_or_mistakes_it_keeps_the_api_from_starting(opt):
    with pytest.raises(RouteUnguarded, match="GET /thing"):
        require_guards(app_with(opt=opt))


def test_a_public_route_cannot_ask_who_calls():
    @get("/mine", opt={"permission": None})
    async def mine(caller: Given[Holder]) -> str:
        return caller.key

    with pytest.raises(RouteUnguarded, match="public"):
        require_guards(Litestar([mine], openapi_config=None, dependencies={"caller": _nobody}))


async def _nobody() -> Holder:
    raise AssertionError("nobody asks")
