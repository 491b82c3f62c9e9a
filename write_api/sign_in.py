"""Signing in over HTTP: tokens for a password, their renewal and their end."""

import re
import time
from typing import Annotated, TypeVar
from urllib.parse import parse_qsl

import msgspec
from litestar import Response, delete, get, post
from litestar.di import NamedDependency as Given
from litestar.params import FromPath
from litestar.types import ASGIApp

from commands.accounts import login_name
from commands.sessions import (
    Granted,
    RevokeSession,
    give_up_token,
    named_by,
    refresh_session,
    revoke_session,
)
from commands.sign_in import PasswordSignIn, sign_in_with_password
from domain.identity import PersonId, TenantId
from domain.session.decisions import SessionUnknown
from domain.session.events import Use
from domain.tenant.decisions.authority import permissions_named
from domain.tenant.permissions import SIGNED_IN, Permission
from projections.access import Holder
from write_api.bodies import judged, understood
from write_api.commanding import Answer, Receipt, asking, commander_of
from write_api.problems import AnyRequest
from write_api.sign_in_desk import SignInDesk

TAGS = ["Signing in"]
FORM = "application/x-www-form-urlencoded"
FIELDS_MAX = 16
TENANT = re.compile(r"^[a-z0-9]{1,32}$")
SESSION = re.compile(r"^[0-9a-f]{32}$")

Text = Annotated[str, msgspec.Meta(max_length=1_024)]
T = TypeVar("T")


class PasswordGrant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who signs in, and where; `scope` lists permissions, all that the person has without it.

    A form may say `username` for `email`, and `grant_type=password` (RFC 6749, section 4.3).
    """

    email: Text
    password: Text
    tenant: Text = ""
    scope: Text | None = None


class RefreshGrant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    refresh_token: Text


class TokenGivenUp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A refresh or an access token; either ends the session (RFC 7009)."""

    token: Annotated[str, msgspec.Meta(max_length=8_192)]


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 6749, section 5.1; `refresh_token` works once, and is answered with the next."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str | None
    scope: str
    session: str


class PublicKeys(msgspec.Struct, frozen=True):
    """A JWK Set: each key with `kid`, `kty`, `crv`, `x`, `y`, `alg` and `use`."""

    keys: list[dict[str, str]]


class GivenUp(msgspec.Struct, frozen=True):
    """Whatever the token was, it opens nothing now."""


@post(
    "/v1/auth/token",
    status_code=200,
    tags=TAGS,
    opt={"permission": None, "body": PasswordGrant, "answer": TokenAnswer},
)
async def post_token(request: AnyRequest, sign_in: Given[SignInDesk]) -> Response[TokenAnswer]:
    """Sign in with mail address and password; JSON or a form."""
    since = time.monotonic()
    body = await said(request, PasswordGrant)
    scopes = None
    if body.scope is not None:
        scopes = permissions_named(body.scope.split(), field="/scope")
    granted = await with_password(request, sign_in, body, scopes=scopes, use="api")
    return await answered(sign_in, granted, since)


@post(
    "/v1/auth/refresh",
    status_code=200,
    tags=TAGS,
    opt={"permission": None, "body": RefreshGrant, "answer": TokenAnswer},
)
async def post_refresh(request: AnyRequest, sign_in: Given[SignInDesk]) -> Response[TokenAnswer]:
    """Use up a refresh token for new ones; one that comes a second time ends its session."""
    since = time.monotonic()
    sign_in.brake(request)
    body = await said(request, RefreshGrant)
    named, granted = named_by(body.refresh_token), None
    if named is not None:
        asked = sign_in.asking(request, named.tenant)
        granted = await refresh_session(body.refresh_token, asking=asked, desk=sign_in.desk)
        if granted is None:  # It may just have been ended for being used twice.
            sign_in.tokens.forget(*named)
    return await answered(sign_in, granted, since)


@post(
    "/v1/auth/revoke",
    status_code=200,
    tags=TAGS,
    opt={"permission": None, "body": TokenGivenUp, "answer": GivenUp},
)
async def post_revocation_of_token(
    request: AnyRequest, sign_in: Given[SignInDesk]
) -> Response[GivenUp]:
    """Give up a token; the answer is the same for one that was none."""
    sign_in.brake(request)
    body = await said(request, TokenGivenUp)
    await given_up(request, sign_in, body.token)
    return Response(GivenUp(), headers={"Cache-Control": "no-store"})


@delete(
    "/v1/auth/sessions/{session:str}",
    status_code=200,
    tags=TAGS,
    opt={"permission": SIGNED_IN, "answer": Receipt},
)
async def delete_session(
    request: AnyRequest,
    session: FromPath[str],
    sign_in: Given[SignInDesk],
) -> ASGIApp:
    """End a session within a second everywhere; those of others need user:write."""
    commander = commander_of(request)
    if not SESSION.match(session):
        raise SessionUnknown
    caller = commander.caller
    own = PersonId(str(caller.person)) if not _minds_others(caller) else None
    outcome = await revoke_session(
        RevokeSession(session=session, only_of=own),
        asking=asking(request, caller, None),
        desk=commander.desk,
    )
    sign_in.tokens.forget(caller.tenant, session)
    return Answer(outcome, status=200)


@get("/.well-known/jwks.json", tags=TAGS, opt={"permission": None})
async def jwks(sign_in: Given[SignInDesk]) -> Response[PublicKeys]:
    """Tell the public keys that our access tokens are signed with (RFC 7517)."""
    keys = PublicKeys(sign_in.tokens.signer.public()["keys"])
    return Response(keys, headers={"Cache-Control": "public, max-age=60"})


async def with_password(
    request: AnyRequest,
    sign_in: SignInDesk,
    body: PasswordGrant,
    *,
    use: Use,
    scopes: tuple[str, ...] | None = None,
) -> Granted | None:
    """Return a session for whoever knows the password, None for everybody else."""
    tenant = body.tenant.strip() or sign_in.tenant
    sign_in.brake(request, name=f"{tenant}/{login_name(body.email)}")
    if not TENANT.match(tenant):
        tenant = "-"  # No tenant is called so: what follows costs what it always does.
    return await sign_in_with_password(
        PasswordSignIn(address=body.email, password=body.password, use=use, scopes=scopes),
        asking=sign_in.asking(request, TenantId(tenant)),
        desk=sign_in.desk,
        passwords=sign_in.passwords,
    )


async def ended(request: AnyRequest, sign_in: SignInDesk, holder: Holder) -> None:
    """End the session that somebody came with."""
    tenant, session = TenantId(holder.tenant), holder.key.removeprefix("session:")
    person = PersonId(str(holder.person))
    asked = sign_in.asking(request, tenant, person=person)
    command = RevokeSession(session=session, only_of=person)
    await revoke_session(command, asking=asked, desk=sign_in.desk)
    sign_in.tokens.forget(tenant, session)


async def given_up(request: AnyRequest, sign_in: SignInDesk, token: str) -> None:
    """End the session of a token, if it is one of ours."""
    if (named := named_by(token)) is not None:
        asked = sign_in.asking(request, named.tenant)
        await give_up_token(token, asking=asked, desk=sign_in.desk)
        sign_in.tokens.forget(*named)
    elif (known := await sign_in.tokens.session(token)) is not None:
        tenant, session = known
        command = RevokeSession(session=session)
        await revoke_session(command, asking=sign_in.asking(request, tenant), desk=sign_in.desk)
        sign_in.tokens.forget(tenant, session)


async def answered(
    sign_in: SignInDesk, granted: Granted | None, since: float
) -> Response[TokenAnswer]:
    """Answer with the tokens of a session, or with the one no."""
    access = None if granted is None else await sign_in.tokens.token(granted)
    if granted is None or access is None:
        raise await sign_in.refused(since)
    told = TokenAnswer(
        access_token=access.text,
        token_type="Bearer",  # noqa: S106 - the name of a scheme (RFC 6750)
        expires_in=access.lasts_s,
        refresh_token=granted.refresh_token,
        scope=access.scope,
        session=granted.session.session,
    )
    headers = {"Cache-Control": "no-store", "X-Consistency-Token": str(granted.position)}
    return Response(told, headers=headers)


async def said(request: AnyRequest, wanted: type[T]) -> T:
    """Return a body that is JSON or a form, or decline naming every wrong field."""
    content_type = request.headers.get("content-type", "")
    if not content_type.startswith(FORM):
        return understood(await request.body(), content_type, wanted)
    text = (await request.body()).decode("utf-8", "replace")
    fields: dict[str, object] = dict(parse_qsl(text, keep_blank_values=True)[:FIELDS_MAX])
    if fields.pop("grant_type", None) in {"password", "refresh_token"} and "username" in fields:
        fields["email"] = fields.pop("username")
    return judged(fields, wanted)


def _minds_others(caller: Holder) -> bool:
    return Permission.USER_WRITE in caller.permissions
