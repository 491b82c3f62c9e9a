"""Loyalty commands over HTTP: members, their stars, the rules, and rewards for the model.

A member is addressed by the name the caller gave, percent-encoded.
"""

from typing import Annotated, TypeVar
from urllib.parse import quote

import msgspec
from litestar import post, put
from litestar.params import FromPath
from litestar.types import ASGIApp

from commands.loyalty import (
    CancelRedemption,
    ConfirmEnrolment,
    EarnStars,
    EnrolMember,
    MemberCommand,
    RedeemStars,
    RefundPurchase,
    SetProgramme,
    ask_member,
    set_loyalty_programme,
)
from commands.loyalty_rewards import SignalReward, signal_reward
from domain.loyalty import Programme
from domain.loyalty.programme import Channel
from domain.loyalty.rewards import Signal
from domain.money import Money
from domain.tenant.permissions import Permission
from write_api.bodies import read_as
from write_api.commanding import Answer, Receipt, asking, commander_of
from write_api.preconditions import expected_version
from write_api.problems import AnyRequest

TAGS = ["Loyalty"]
T = TypeVar("T")

CallersId = Annotated[
    str, msgspec.Meta(pattern=r"^[\x21-\x7e]{1,128}$", description="The caller's own id")
]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Stars = Annotated[int, msgspec.Meta(ge=1, le=10**15)]
Word = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$")]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every body here is: nothing in it is passed over."""


class Enrolment(Body, frozen=True, kw_only=True):
    """Whoever is enrolled unconfirmed stays Basic, and cannot redeem, until they confirm."""

    member: Name
    confirmed: bool = True


class Confirmation(Body, frozen=True, kw_only=True):
    """There is nothing to say."""


class Earning(Body, frozen=True, kw_only=True):
    """A purchase earns once; its `amount` is in the tenant's currency."""

    purchase: CallersId
    amount: Money
    channel: Channel | None = None
    referral: bool = False
    digital: bool = False


class Redeeming(Body, frozen=True, kw_only=True):
    redemption: CallersId
    stars: Stars


class Cancelling(Body, frozen=True, kw_only=True):
    redemption: CallersId


class Refunding(Body, frozen=True, kw_only=True):
    """A purchase is refunded whole, or down to what is `kept` of it."""

    purchase: CallersId
    kept: Money | None = None


class Signalling(Body, frozen=True, kw_only=True):
    """How a model's `decision` turned out: `signal` goes from -1 (worst) to 1 (best)."""

    member: Name
    model_version: Word
    decision: CallersId
    signal: Signal
    reason: Word


BODIES: dict[str, type[Body]] = {
    "confirm": Confirmation,
    "earn": Earning,
    "redeem": Redeeming,
    "cancel-redemption": Cancelling,
    "refund": Refunding,
}
COMMANDS: dict[str, type[MemberCommand]] = {
    "confirm": ConfirmEnrolment,
    "earn": EarnStars,
    "redeem": RedeemStars,
    "cancel-redemption": CancelRedemption,
    "refund": RefundPurchase,
}


@post(
    "/v1/loyalty/members",
    tags=TAGS,
    opt={"permission": Permission.CDP_WRITE, "body": Enrolment, "answer": Receipt},
)
async def post_member(request: AnyRequest) -> ASGIApp:
    """Enrol a member; the answer's id is the name by which they are addressed."""
    commander = commander_of(request)
    enrolment = await _body(request, Enrolment)
    outcome = await ask_member(
        EnrolMember(member=enrolment.member, confirmed=enrolment.confirmed),
        asking=asking(request, commander.caller, enrolment),
        desk=commander.desk,
        expected_version=expected_version(request),
    )
    location = f"/v1/loyalty/members/{quote(outcome.id, safe='')}"
    return Answer(outcome, status=201, location=location)


@post(
    [f"/v1/loyalty/members/{{member:str}}/{step}" for step in BODIES],
    status_code=200,
    tags=TAGS,
    opt={"permission": Permission.CDP_WRITE, "bodies": BODIES, "answer": Receipt},
)
async def post_member_step(request: AnyRequest, member: FromPath[str]) -> ASGIApp:
    """Confirm a member, or let stars be earned, redeemed, returned or taken back."""
    commander = commander_of(request)
    step = request.scope["path"].rstrip("/").rpartition("/")[2]
    body = await _body(request, BODIES[step])
    outcome = await ask_member(
        COMMANDS[step](member=member, **msgspec.structs.asdict(body)),
        asking=asking(request, commander.caller, body),
        desk=commander.desk,
        expected_version=expected_version(request),
    )
    return Answer(outcome, status=200)


@put(
    "/v1/loyalty/programme",
    tags=TAGS,
    opt={"permission": Permission.CDP_WRITE, "body": Programme, "answer": Receipt},
)
async def put_programme(request: AnyRequest) -> ASGIApp:
    """Replace the rules by which stars are earned; stars already earned stay as they are."""
    commander = commander_of(request)
    expected = expected_version(request, required=True)
    rules = await _body(request, Programme)
    outcome = await set_loyalty_programme(
        SetProgramme(rules=rules),
        asking=asking(request, commander.caller, rules),
        desk=commander.desk,
        expected_version=expected,
    )
    return Answer(outcome, status=200)


@post(
    "/v1/loyalty/rewards",
    tags=TAGS,
    opt={"permission": Permission.CDP_WRITE, "body": Signalling, "answer": Receipt},
)
async def post_reward(request: AnyRequest) -> ASGIApp:
    """Say how a model's decision turned out for a member; each decision is rewarded once."""
    commander = commander_of(request)
    body = await _body(request, Signalling)
    outcome = await signal_reward(
        SignalReward(**msgspec.structs.asdict(body)),
        asking=asking(request, commander.caller, body),
        desk=commander.desk,
    )
    return Answer(outcome, status=201)


async def _body(request: AnyRequest, wanted: type[T]) -> T:
    return await read_as(request, wanted)
