"""The pages at the entrance: sign in, set a first password, and no further for who may not."""

from typing import Annotated, NamedTuple

from litestar import Response
from litestar.di import NamedDependency as Given
from litestar.handlers import get
from litestar.params import QueryParameter
from litestar.response import Redirect

from domain.refusal import Refusal
from domain.tenant.permissions import SIGNED_IN, Permission
from projections.access import Holder
from read_api.pages import page

SENTENCES = {
    "key": "Nobody holds this key for the API. Check that you copied all of it.",
    "password": "This does not let anybody in. Check address and password; after ten wrong "
    "passwords none fits for a quarter of an hour.",
    "often": "Too many attempts to sign in. Wait a minute and try again.",
    "provider": "Your provider did not vouch for anybody who may come in here.",
}

Code = Annotated[str | None, QueryParameter(max_length=64)]


class Doors(NamedTuple):
    """What the form offers: the agency it is for, and each provider's title and address."""

    tenant: str
    providers: tuple[tuple[str, str], ...]


@get("/sign-in", include_in_schema=False, opt={"permission": None})
async def sign_in_page(
    *,
    visitor: Given[Holder | None],
    doors: Given[Doors],
    refused: Code = None,
    ready: Annotated[bool, QueryParameter()] = False,
) -> Response[str] | Redirect:
    """Ask for a mail address and a password, or a key, or lead to a provider."""
    if visitor is not None:
        return Redirect("/", status_code=303)
    alarm = None if refused is None else SENTENCES.get(refused, SENTENCES["key"])
    return page("sign_in.html", caller=None, doors=doors, alarm=alarm, refused=refused, ready=ready)


@get("/sign-in/password", include_in_schema=False, opt={"permission": None})
async def password_page(*, refused: Code = None) -> Response[str]:
    """Ask for the password that an invitation allows to set."""
    return page("password.html", caller=None, alarm=_sentence(refused))


@get("/no-access", include_in_schema=False, opt={"permission": SIGNED_IN, "page": True})
async def no_access_page(*, caller: Given[Holder], permission: Code = None) -> Response[str]:
    """Say which permission a page needs that the caller has not."""
    wanted = permission if permission in set(Permission) else None
    return page("no_access.html", status=403, caller=caller, permission=wanted)


def _sentence(code: str | None) -> str | None:
    """Return what a refusal's code says to people; only sentences of our own are ever shown."""
    if code is None:
        return None
    if code == "too_many_attempts":
        return SENTENCES["often"]
    refusal = Refusal.registry.get(code)
    return (refusal.__doc__ if refusal else None) or "This was not possible."
