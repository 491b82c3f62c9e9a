"""Accounts over HTTP: invite someone to sign in, accept with a first password, change it."""

import re
import secrets
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

import msgspec
from litestar import Response, post, put
from litestar.di import NamedDependency as Given
from litestar.params import FromPath
from litestar.types import ASGIApp

from commands.accounts import (
    AcceptInvitation,
    ChangePassword,
    InvitePerson,
    accept_invitation,
    change_password,
    invite_person,
)
from commands.desk import Desk
from commands.ports import KeyRing
from commands.transact import Outcome
from domain.account.decisions import INVITED_FOR
from domain.account.refusals import InvitationInvalid
from domain.identity import PersonId, TenantId
from domain.tenant.permissions import SIGNED_IN, Permission
from write_api.bodies import understood
from write_api.commanding import Answer, Receipt, asking, commander_of
from write_api.problems import AnyRequest
from write_api.sign_in_desk import SignInDesk

TAGS = ["Signing in"]
SECRET_BYTES = 32
INVITATION = re.compile(r"^cxi_([a-z0-9]{1,32})_([A-Za-z0-9_-]{1,64})_[0-9a-f]{64}$")

Password = Annotated[str, msgspec.Meta(max_length=1_024)]


class Acceptance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The one-time token of an invitation, and the password to set."""

    token: Annotated[str, msgspec.Meta(max_length=256)]
    password: Password


class PasswordChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The password in force, and the next: 12 to 256 characters."""

    current: Password
    password: Password


class InvitationReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """`token` and `page` are told once: null when the request was repeated under its key."""

    id: str
    version: int
    position: int
    token: str | None
    page: str | None
    expires_at: datetime


@post(
    "/v1/people/{person:str}/invitation",
    tags=TAGS,
    opt={"permission": Permission.USER_WRITE, "answer": InvitationReceipt},
)
async def post_invitation(
    request: AnyRequest, person: FromPath[str]
) -> Response[InvitationReceipt]:
    """Let somebody set a password, first or forgotten; an earlier invitation ends."""
    commander = commander_of(request)
    token = f"cxi_{commander.caller.tenant}_{person}_{secrets.token_hex(SECRET_BYTES)}"
    at = commander.desk.clock.now()
    outcome = await invite_person(
        InvitePerson(person=PersonId(person), token=token),
        asking=asking(request, commander.caller, None),
        desk=commander.desk,
    )
    told = None if outcome.replayed else token
    receipt = InvitationReceipt(
        id=person,
        version=outcome.version,
        position=outcome.position,
        token=told,
        page=None if told is None else f"/sign-in/password#{quote(told)}",
        expires_at=at + INVITED_FOR,
    )
    headers = {"Cache-Control": "no-store", "X-Consistency-Token": str(outcome.position)}
    if outcome.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(receipt, status_code=201, headers=headers)


@post(
    "/v1/auth/password",
    status_code=200,
    tags=TAGS,
    opt={"permission": None, "body": Acceptance, "answer": Receipt},
)
async def post_password(request: AnyRequest, sign_in: Given[SignInDesk]) -> ASGIApp:
    """Set the password that an invitation allows to set, once."""
    body = understood(await request.body(), request.headers.get("content-type", ""), Acceptance)
    return Answer(await accepted(request, sign_in, body), status=200)


@put(
    "/v1/auth/password",
    status_code=200,
    tags=TAGS,
    opt={"permission": SIGNED_IN, "body": PasswordChange, "answer": Receipt},
)
async def put_password(
    request: AnyRequest,
    sign_in: Given[SignInDesk],
    keys: Given[KeyRing],
) -> ASGIApp:
    """Change one's own password; all other sessions end. No If-Match: the old one is proven."""
    commander = commander_of(request)
    caller = commander.caller
    sign_in.brake(request, name=f"{caller.tenant}/{caller.person}")
    body = understood(await request.body(), request.headers.get("content-type", ""), PasswordChange)
    kind, _, session = caller.key.partition(":")
    # The request is recognised by a digest that nobody can try passwords against.
    typed = keys.digest(f"{body.current}\0{body.password}")
    outcome = await change_password(
        ChangePassword(
            current=body.current,
            password=body.password,
            session=session if kind == "session" else None,
        ),
        asking=asking(request, caller, typed),
        desk=commander.desk,
        passwords=sign_in.passwords,
    )
    return Answer(outcome, status=200)


async def accepted(request: AnyRequest, sign_in: SignInDesk, body: Acceptance) -> Outcome:
    """Set a password by invitation; raises `InvitationInvalid`."""
    sign_in.brake(request)
    found = INVITATION.match(body.token)
    if found is None:
        raise InvitationInvalid
    tenant, person = TenantId(found[1]), PersonId(found[2])
    command = AcceptInvitation(person=person, token=body.token, password=body.password)
    desk: Desk = sign_in.desk
    asked = sign_in.asking(request, tenant, person=person)
    return await accept_invitation(command, asking=asked, desk=desk, passwords=sign_in.passwords)
