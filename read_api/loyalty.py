"""Members with their stars and tiers, their history, the rules, and rewards by model."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency as Given
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter

from domain.identity import TenantId
from domain.loyalty import Member, Tier
from domain.loyalty.naming import is_name
from domain.loyalty.programme import PERCENT
from domain.loyalty.standing import expires_at, missing, qualifying
from domain.tenant.permissions import Permission
from projections.access import Holder
from projections.loyalty import (
    LOYALTY,
    LOYALTY_PROGRAMMES,
    LOYALTY_REWARDS,
    Holding,
    Loyalty,
    Reward,
    Rules,
)
from projections.views import Positions
from read_api.loyalty_history import LoyaltyHappening, happening
from read_api.parameters import LIMIT_DEFAULT, Cursor, Limit, Listed, Token, bad_cursor, caught_up
from read_api.ports import AuditTrail, Clock, Subjects

TAGS = ["Loyalty"]
READING = {"permission": Permission.CDP_READ}
POSITION_DIGITS_MAX = 18


class ShownLot(msgspec.Struct, frozen=True, kw_only=True):
    """Stars of one purchase: `stars` it earned, `left` to spend of them."""

    lot: int
    purchase: str
    earned_at: datetime
    stars: int
    left: int


class ShownRedemption(msgspec.Struct, frozen=True, kw_only=True):
    redemption: str
    stars: int
    redeemed_at: datetime
    cancellable_until: datetime
    cancelled: bool


class NextTier(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to rise: this many more stars, or the confirmation of the enrolment."""

    tier: Tier
    stars_missing: int
    confirmation_missing: bool


class ShownMember(msgspec.Struct, frozen=True, kw_only=True):
    """A member as of now. `balance` is what `lots` have left together.

    `qualifying_stars` were earned in the last 12 months and make the `tier`, which falls at
    `tier_until` if nothing more is earned; `expires_at` is when all stars run out if none are
    earned or redeemed. `redemptions` are those of the last 12 months, newest first. `ref` names
    the member in streams of the audit trail: `member-<ref>`.
    """

    id: str
    ref: str
    enrolled_at: datetime
    confirmed: bool
    tier: Tier
    tier_since: datetime
    tier_until: datetime | None
    next_tier: NextTier | None
    bid_multiplier: float
    balance: int
    lifetime_stars: int
    qualifying_stars: int
    expires_at: datetime | None
    lots: list[ShownLot]
    redemptions: list[ShownRedemption]
    version: int
    position: int


@get("/v1/loyalty/members/{member:str}", tags=TAGS, opt=READING)
async def loyalty_member(
    *,
    member: FromPath[str],
    caller: Given[Holder],
    keys: Given[Subjects],
    loyalty: Given[Loyalty],
    positions: Given[Positions],
    clock: Given[Clock],
    token: Token = None,
) -> Response[ShownMember]:
    """Read a member's stars, lots and tier, and what is missing for the next one."""
    headers = await caught_up(positions, LOYALTY.name, token)
    tenant = TenantId(caller.tenant)
    holding = await _holding(keys, loyalty, tenant, member)
    rules = await loyalty.rules(tenant)
    headers["ETag"] = f'"{holding.version}"'
    return Response(shown(member, holding, rules, at=clock.now()), headers=headers)


@get("/v1/loyalty/members/{member:str}/history", tags=TAGS, opt=READING)
async def loyalty_history(
    *,
    member: FromPath[str],
    caller: Given[Holder],
    keys: Given[Subjects],
    loyalty: Given[Loyalty],
    trail: Given[AuditTrail],
    positions: Given[Positions],
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
    token: Token = None,
) -> Response[Listed[LoyaltyHappening]]:
    """List what happened to a member's stars and tier, newest first."""
    headers = await caught_up(positions, LOYALTY.name, token)
    tenant, before = TenantId(caller.tenant), _number(cursor)
    holding = await _holding(keys, loyalty, tenant, member)
    last = holding.version if before is None else min(before - 1, holding.version)
    first = max(0, last - limit)
    stream = f"member-{holding.member.ref}"
    recorded = await trail.events(tenant, stream, after=first, limit=max(0, last - first))
    items = [happening(event) for event in reversed(recorded)]
    return Response(Listed(items, str(first + 1) if first else None), headers=headers)


@get("/v1/loyalty/programme", tags=TAGS, opt=READING)
async def loyalty_programme(
    *,
    caller: Given[Holder],
    loyalty: Given[Loyalty],
    positions: Given[Positions],
    token: Token = None,
) -> Response[Rules]:
    """Read the rules by which stars are earned; their ETag is what a change sends back."""
    headers = await caught_up(positions, LOYALTY_PROGRAMMES.name, token)
    rules = await loyalty.rules(TenantId(caller.tenant))
    headers["ETag"] = f'"{rules.version}"'
    return Response(rules, headers=headers)


@get("/v1/loyalty/rewards", tags=TAGS, opt=READING)
async def loyalty_rewards(
    *,
    caller: Given[Holder],
    loyalty: Given[Loyalty],
    positions: Given[Positions],
    model_version: Annotated[
        str | None, QueryParameter(max_length=128, description="Only rewards of this model")
    ] = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
    token: Token = None,
) -> Response[Listed[Reward]]:
    """List how decisions of the models turned out, newest first."""
    headers = await caught_up(positions, LOYALTY_REWARDS.name, token)
    page = await loyalty.rewards(
        TenantId(caller.tenant), model_version=model_version, before=_number(cursor), limit=limit
    )
    following = None if page.next is None else str(page.next)
    return Response(Listed([*page.rewards], following), headers=headers)


def shown(name: str, holding: Holding, rules: Rules, *, at: datetime) -> ShownMember:
    """Return the member as of `at`."""
    member = holding.member
    return ShownMember(
        id=name,
        ref=member.ref,
        enrolled_at=member.enrolled_at,
        confirmed=member.confirmed_at is not None,
        tier=member.tier,
        tier_since=member.tier_since,
        tier_until=member.tier_until,
        next_tier=_next_tier(member, at),
        bid_multiplier=rules.programme.bid_percents.of(member.tier) / PERCENT,
        balance=member.balance,
        lifetime_stars=member.lifetime,
        qualifying_stars=qualifying(member, at),
        expires_at=expires_at(member),
        lots=_lots(member),
        redemptions=_redemptions(member),
        version=holding.version,
        position=holding.position,
    )


def _lots(member: Member) -> list[ShownLot]:
    return [
        ShownLot(
            lot=number,
            purchase=lot.purchase,
            earned_at=lot.earned_at,
            stars=lot.stars,
            left=lot.left,
        )
        for number, lot in member.lots.items()
        if lot.left
    ]


def _redemptions(member: Member) -> list[ShownRedemption]:
    return [
        ShownRedemption(
            redemption=name,
            stars=made.stars,
            redeemed_at=made.redeemed_at,
            cancellable_until=made.cancellable_until,
            cancelled=made.cancelled,
        )
        for name, made in reversed(member.redemptions.items())
    ]


def _next_tier(member: Member, at: datetime) -> NextTier | None:
    if (higher := missing(member, at)) is None:
        return None
    tier, stars = higher
    return NextTier(
        tier=tier, stars_missing=stars, confirmation_missing=member.confirmed_at is None
    )


async def _holding(keys: Subjects, loyalty: Loyalty, tenant: TenantId, name: str) -> Holding:
    subject = await keys.known(tenant, name) if is_name(name) else None
    holding = None if subject is None else await loyalty.member(tenant, subject.ref)
    if holding is None:
        raise NotFoundException(
            detail="There is no such member in this loyalty programme.",
            extra={"code": "member_unknown"},
        )
    return holding


def _number(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= POSITION_DIGITS_MAX):
        raise bad_cursor()
    return int(cursor)
