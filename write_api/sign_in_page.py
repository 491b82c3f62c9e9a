"""What the forms at the entrance send: sign in, set a first password, sign out."""

import time
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from litestar import Response, post
from litestar.di import NamedDependency as Given
from litestar.response import Redirect

from domain.refusal import Refusal
from projections.access import Holder
from write_api.accounts import Acceptance, accepted
from write_api.bodies import judged
from write_api.callers import Callers, console_cookie, no_session, require_own_page
from write_api.console import fields
from write_api.federation import Federation
from write_api.problems import AnyRequest, Declined
from write_api.sign_in import PasswordGrant, ended, with_password
from write_api.sign_in_desk import SignInDesk


@post("/sign-in", include_in_schema=False, opt={"permission": None})
async def post_sign_in(
    request: AnyRequest,
    callers: Given[Callers],
    sign_in: Given[SignInDesk],
    federation: Given[Federation],
) -> Response[Any]:
    """Open a session for whoever knows a password, or holds a key."""
    require_own_page(request)
    said = await fields(request)
    secure = federation.secure or request.url.scheme == "https"
    try:
        if "key" not in said:
            return await _with_password(request, sign_in, said, secure=secure)
        sign_in.brake(request)
    except Declined as no:
        if no.status is not HTTPStatus.TOO_MANY_REQUESTS:
            raise
        return _back("often")
    key = said["key"].strip()
    if await callers.holder(key) is None:
        return _back("key")
    return Redirect("/", status_code=303, cookies=[callers.session(key, secure=secure)])


@post("/sign-in/password", include_in_schema=False, opt={"permission": None})
async def post_password_form(request: AnyRequest, sign_in: Given[SignInDesk]) -> Response[Any]:
    """Set the password that an invitation allows to set, and lead to the form to use it."""
    require_own_page(request)
    said = await fields(request)
    said = {name: said.get(name, "") for name in ("token", "password")}
    said["token"] = said["token"].strip()
    try:
        await accepted(request, sign_in, judged(said, Acceptance))
    except Refusal as refusal:
        code = refusal.code
    except Declined as no:
        code = no.code
    else:
        return Redirect("/sign-in?ready=true", status_code=303)
    return Redirect(f"/sign-in/password?{urlencode({'refused': code})}", status_code=303)


@post("/sign-out", include_in_schema=False, opt={"permission": None})
async def post_sign_out(
    request: AnyRequest, visitor: Given[Holder | None], sign_in: Given[SignInDesk]
) -> Response[Any]:
    """End the session, and not only in this browser."""
    require_own_page(request)
    if visitor is not None and visitor.key.startswith("session:"):
        await ended(request, sign_in, visitor)
    return Redirect("/sign-in", status_code=303, cookies=[no_session()])


async def _with_password(
    request: AnyRequest, sign_in: SignInDesk, said: dict[str, str], *, secure: bool
) -> Response[Any]:
    since = time.monotonic()
    known = {name: said.get(name, "") for name in ("tenant", "email", "password")}
    grant = judged(known, PasswordGrant)
    granted = await with_password(request, sign_in, grant, use="console")
    access = None if granted is None else await sign_in.tokens.token(granted)
    if access is None:
        await sign_in.refused(since)  # Takes its time.
        return _back("password")
    cookie = console_cookie(access.text, access.lasts_s, secure=secure)
    return Redirect("/", status_code=303, cookies=[cookie])


def _back(why: str) -> Redirect:
    return Redirect(f"/sign-in?refused={why}", status_code=303)
