"""Signing in through a provider over HTTP: away to it, and back with what it vouches for."""

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Protocol

from litestar import Response, get
from litestar.datastructures import Cookie
from litestar.di import NamedDependency as Given
from litestar.enums import MediaType
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect

from commands.federation import Identity, Policy, sign_in_with_identity
from commands.sessions import Granted
from domain.session.decisions import ProofUsed
from domain.session.events import Use
from write_api.callers import console_cookie
from write_api.flows import AWAY_FOR_S, COOKIE, Flow, Sealing, flow_cookie
from write_api.problems import AnyRequest, Declined, id_of
from write_api.sign_in import answered
from write_api.sign_in_desk import SignInDesk

REFUSED = "/sign-in?refused=provider"
# The cookie of a session is for our own pages only (SameSite=Strict), and a redirect on the
# way back from another site is none of them: so a page of ours leads on.
ONWARD = (
    '<!doctype html><html lang="en"><title>Signed in</title>'
    '<meta http-equiv="refresh" content="0;url={to}"><p><a href="{to}">Continue</a></p></html>'
)

Said = Annotated[str, QueryParameter(max_length=4_096)]


class Departing(Protocol):
    """Where a browser goes and what must come back with it."""

    @property
    def url(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def nonce(self) -> str: ...
    @property
    def verifier(self) -> str: ...


class OidcDoor(Protocol):
    """An OpenID Connect provider."""

    async def depart(self, redirect_uri: str) -> Departing: ...
    async def identity(
        self, code: str, *, redirect_uri: str, verifier: str, nonce: str, now: float
    ) -> Identity | None: ...


class Federation:
    """The providers of an installation by name, each with how far it is trusted."""

    def __init__(
        self,
        *,
        public_url: str,
        secret: bytes,
        oidc: Mapping[str, tuple[OidcDoor, Policy]] | None = None,
        saml: Mapping[str, tuple[Any, Policy]] | None = None,
        titles: Mapping[str, str] | None = None,
    ) -> None:
        self.oidc, self.saml = dict(oidc or {}), dict(saml or {})
        self._titles = dict(titles or {})
        self.sealing = Sealing(secret)
        self.public_url = public_url.rstrip("/")
        self.secure = public_url.startswith("https")

    def place(self, method: str, provider: str, step: str) -> str:
        """Return the public address of a step."""
        return f"{self.public_url}/v1/auth/{method}/{provider}/{step}"

    def doors(self) -> list[tuple[str, str]]:
        """Return the title and the address of each provider's door."""
        names = [("oidc", name) for name in self.oidc] + [("saml", name) for name in self.saml]
        return [
            (self._titles.get(name, name), f"/v1/auth/{method}/{name}/login")
            for method, name in names
        ]

    def flow(self, request: AnyRequest, provider: str, *, now: float) -> Flow | None:
        """Return the sign-in that this browser has under way with a provider."""
        flow = self.sealing.opened(request.cookies.get(COOKIE, ""), Flow)
        return flow if flow and flow.provider == provider and now < flow.until else None

    def setting_out(self, flow: Flow) -> Cookie:
        return flow_cookie(self.sealing.sealed(flow), secure=self.secure)

    def arrived(self) -> Cookie:
        return flow_cookie("", secure=self.secure)


@get("/v1/auth/oidc/{provider:str}/login", include_in_schema=False, opt={"permission": None})
async def oidc_login(
    *,
    request: AnyRequest,
    provider: FromPath[str],
    sign_in: Given[SignInDesk],
    federation: Given[Federation],
    use: FromQuery[Use] = "console",
) -> Redirect:
    """Send the browser to an OpenID Connect provider; `use=api` is answered with tokens."""
    sign_in.brake(request)
    door, _ = door_of(federation.oidc, provider)
    left = await door.depart(federation.place("oidc", provider, "callback"))
    flow = Flow(
        provider=provider,
        state=left.state,
        nonce=left.nonce,
        verifier=left.verifier,
        use=use,
        until=sign_in.desk.clock.now().timestamp() + AWAY_FOR_S,
    )
    return Redirect(left.url, status_code=302, cookies=[federation.setting_out(flow)])


@get("/v1/auth/oidc/{provider:str}/callback", include_in_schema=False, opt={"permission": None})
async def oidc_callback(
    *,
    request: AnyRequest,
    provider: FromPath[str],
    sign_in: Given[SignInDesk],
    federation: Given[Federation],
    code: Said = "",
    returned: Annotated[str, QueryParameter(name="state", max_length=4_096)] = "",
) -> Response[Any]:
    """Take the browser back: a session when the provider vouches for somebody known."""
    sign_in.brake(request)
    door, policy = door_of(federation.oidc, provider)
    now = sign_in.desk.clock.now().timestamp()
    flow = federation.flow(request, provider, now=now)
    same = flow is not None and secrets.compare_digest(flow.state.encode(), returned.encode())
    if flow is None or not same or not code:
        return turned_away(federation)
    identity = await door.identity(
        code,
        redirect_uri=federation.place("oidc", provider, "callback"),
        verifier=flow.verifier,
        nonce=flow.nonce,
        now=now,
    )
    return await entered(request, sign_in, federation, identity, policy, use=flow.use)


async def entered(
    request: AnyRequest,
    sign_in: SignInDesk,
    federation: Federation,
    identity: Identity | None,
    policy: Policy,
    *,
    use: Use,
) -> Response[Any]:
    """Answer with a session for whom the provider vouches, or lead back to the form."""
    granted: Granted | None = None
    if identity is not None:
        try:
            granted = await sign_in_with_identity(
                identity, policy, use=use, request=id_of(request), desk=sign_in.desk
            )
        except ProofUsed:
            granted = None
    access = None if granted is None else await sign_in.tokens.token(granted)
    if granted is None or access is None:
        return turned_away(federation)
    if use == "api":
        told = await answered(sign_in, granted, 0.0)
        told.set_cookie(federation.arrived())
        return told
    session = console_cookie(access.text, access.lasts_s, secure=federation.secure)
    return onward("/", cookies=[session, federation.arrived()])


def onward(to: str, *, cookies: list[Cookie]) -> Response[str]:
    """Return a page of ours that leads on by itself."""
    return Response(
        ONWARD.format(to=to),
        media_type=MediaType.HTML,
        headers={"Cache-Control": "no-store"},
        cookies=cookies,
    )


def turned_away(federation: Federation) -> Redirect:
    return Redirect(REFUSED, status_code=303, cookies=[federation.arrived()])


def door_of(doors: Mapping[str, tuple[Any, Policy]], name: str) -> tuple[Any, Policy]:
    """Return a provider and its policy, or decline."""
    if name not in doors:
        raise Declined(
            HTTPStatus.NOT_FOUND, "provider_unknown", "There is no such identity provider here."
        )
    return doors[name]
