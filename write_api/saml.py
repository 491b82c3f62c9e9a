"""Signing in through a SAML provider over HTTP: away, back by a form, and in."""

import asyncio
from typing import Annotated, Any, Protocol
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect

from commands.federation import Identity
from domain.session.events import Use
from write_api.console import fields
from write_api.federation import (
    Federation,
    door_of,
    entered,
    onward,
    turned_away,
)
from write_api.flows import AWAY_FOR_S, Flow
from write_api.problems import AnyRequest
from write_api.sign_in_desk import SignInDesk

TICKET_FOR_S = 60


class Leaving(Protocol):
    """Where a browser goes, and the request that must be answered."""

    @property
    def url(self) -> str: ...
    @property
    def request_id(self) -> str: ...


class Told(Protocol):
    """Whom a provider vouches for, in answer to which request."""

    @property
    def identity(self) -> Identity: ...
    @property
    def in_response_to(self) -> str: ...


class SamlDoor(Protocol):
    """A SAML 2.0 identity provider."""

    def depart(self, *, metadata_url: str, acs_url: str) -> Leaving: ...
    def metadata(self, *, metadata_url: str, acs_url: str) -> bytes: ...
    def vouched(self, response: str, *, metadata_url: str, acs_url: str) -> Told | None: ...


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """A checked assertion on its way to the browser that asked for it."""

    provider: str
    in_response_to: str
    identity: Identity
    until: float


@get("/v1/auth/saml/{provider:str}/login", include_in_schema=False, opt={"permission": None})
async def saml_login(
    *,
    request: AnyRequest,
    provider: FromPath[str],
    sign_in: Given[SignInDesk],
    federation: Given[Federation],
    use: FromQuery[Use] = "console",
) -> Redirect:
    """Send the browser to a SAML provider."""
    sign_in.brake(request)
    door, _ = door_of(federation.saml, provider)
    left = door.depart(**_places(federation, provider))
    flow = Flow(
        provider=provider,
        state=left.request_id,
        use=use,
        until=sign_in.desk.clock.now().timestamp() + AWAY_FOR_S,
    )
    return Redirect(left.url, status_code=302, cookies=[federation.setting_out(flow)])


@get("/v1/auth/saml/{provider:str}/metadata", include_in_schema=False, opt={"permission": None})
async def saml_metadata(provider: FromPath[str], federation: Given[Federation]) -> Response[bytes]:
    """Tell the provider who we are (SAML metadata)."""
    door, _ = door_of(federation.saml, provider)
    described = door.metadata(**_places(federation, provider))
    return Response(described, media_type="application/samlmetadata+xml")


@post(
    "/v1/auth/saml/{provider:str}/acs",
    status_code=200,
    include_in_schema=False,
    opt={"permission": None},
)
async def saml_acs(
    request: AnyRequest,
    provider: FromPath[str],
    sign_in: Given[SignInDesk],
    federation: Given[Federation],
) -> Response[Any]:
    """Take a provider's assertion, and lead on to where this browser's request is known.

    The form comes from another site, so no cookie comes with it: a page of ours goes on with a
    sealed ticket, and there the browser proves that the answered request was its own.
    """
    sign_in.brake(request)
    door, _ = door_of(federation.saml, provider)
    response = (await fields(request)).get("SAMLResponse", "")
    told = await asyncio.to_thread(door.vouched, response, **_places(federation, provider))
    if told is None:
        return turned_away(federation)
    ticket = Ticket(
        provider=provider,
        in_response_to=told.in_response_to,
        identity=told.identity,
        until=sign_in.desk.clock.now().timestamp() + TICKET_FOR_S,
    )
    sealed = federation.sealing.sealed(ticket)
    place = f"/v1/auth/saml/{quote(provider, safe='')}/finish"
    return onward(f"{place}?ticket={sealed}", cookies=[])


@get("/v1/auth/saml/{provider:str}/finish", include_in_schema=False, opt={"permission": None})
async def saml_finish(
    *,
    request: AnyRequest,
    provider: FromPath[str],
    sign_in: Given[SignInDesk],
    federation: Given[Federation],
    ticket: Annotated[str, QueryParameter(max_length=16_384)] = "",
) -> Response[Any]:
    """Let in who was vouched for, if this browser asked for it; an assertion counts once."""
    sign_in.brake(request)
    _, policy = door_of(federation.saml, provider)
    now = sign_in.desk.clock.now().timestamp()
    flow = federation.flow(request, provider, now=now)
    known = federation.sealing.opened(ticket, Ticket)
    if flow is None or known is None or known.provider != provider or now >= known.until:
        return turned_away(federation)
    if known.in_response_to != flow.state:
        return turned_away(federation)
    return await entered(request, sign_in, federation, known.identity, policy, use=flow.use)


def _places(federation: Federation, provider: str) -> dict[str, str]:
    return {
        "metadata_url": federation.place("saml", provider, "metadata"),
        "acs_url": federation.place("saml", provider, "acs"),
    }
