"""Members with their stars and tiers, the rules of programmes, and rewards for the model.

The hot path joins the first two: a member's `tier` with the tenant's `bid_percents`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, runtime_checkable

import msgspec
from msgspec.structs import replace

from domain.envelope import Recorded
from domain.identity import TenantId
from domain.loyalty import (
    STRANGER,
    Member,
    MemberEvent,
    Programme,
    ProgrammeSet,
    RewardSignalled,
    evolve,
)
from domain.loyalty.seen import Seen
from projections.ports import ViewReader
from projections.projection import Place, Projection


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """A member as the domain sees them, short of the ids it keeps against repetition."""

    member: Member
    version: int
    position: int


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant's programme; version 0 is the one nobody has set yet."""

    programme: Programme = Programme()
    version: int = 0
    position: int = 0


class Reward(msgspec.Struct, frozen=True, kw_only=True):
    """How a decision of a model turned out for a member, who is named by their ref."""

    decision: str
    model_version: str
    member: str
    signal: float
    reason: str
    signalled_at: datetime
    position: int


class Rewards(NamedTuple):
    """A part of the list, newest first; `next` is the order to go on below, None at the end."""

    rewards: Sequence[Reward]
    next: int | None


def fold_member(holding: Holding | None, event: MemberEvent, recorded: Recorded) -> Holding | None:
    """Return the member after one more event, by the domain's own fold."""
    member = evolve(holding.member if holding else STRANGER, event)
    if not isinstance(member, Member):
        return holding
    shown = replace(member, purchases=Seen(), redeemed=Seen(), rewarded=Seen())
    return Holding(member=shown, version=recorded.version, position=recorded.position)


def fold_rules(_: Rules | None, event: ProgrammeSet, recorded: Recorded) -> Rules:
    """Return the newest rules."""
    return Rules(programme=event.programme, version=recorded.version, position=recorded.position)


def fold_reward(reward: Reward | None, event: RewardSignalled, recorded: Recorded) -> Reward:
    """Return the first signal of a decision."""
    return reward or Reward(
        decision=event.decision,
        model_version=event.model_version,
        member=event.member,
        signal=event.signal,
        reason=event.reason,
        signalled_at=event.signalled_at,
        position=recorded.position,
    )


def place_reward(reward: Reward) -> Place:
    return Place(group=reward.model_version, order=reward.position)


LOYALTY = Projection(name="loyalty", events=MemberEvent, memory=Holding, fold=fold_member)
LOYALTY_PROGRAMMES = Projection(
    name="loyalty_programmes", events=ProgrammeSet, memory=Rules, fold=fold_rules
)
LOYALTY_REWARDS = Projection(
    name="loyalty_rewards",
    events=RewardSignalled,
    memory=Reward,
    fold=fold_reward,
    place=place_reward,
)

_holding = msgspec.json.Decoder(Holding)
_rules = msgspec.json.Decoder(Rules)
_reward = msgspec.json.Decoder(Reward)


@runtime_checkable
class Loyalty(Protocol):
    """What may be asked of members, programmes and rewards."""

    async def member(self, tenant: TenantId, ref: str) -> Holding | None:
        """Return the member who has this ref."""

    async def rules(self, tenant: TenantId) -> Rules:
        """Return the tenant's programme, the default one until it is set."""

    async def rewards(
        self, tenant: TenantId, *, model_version: str | None, before: int | None, limit: int
    ) -> Rewards:
        """Return up to `limit` rewards, newest first."""


class StoredLoyalty:
    """Satisfies `Loyalty`, from the rows a store keeps."""

    def __init__(self, reader: ViewReader) -> None:
        self._reader = reader

    async def member(self, tenant: TenantId, ref: str) -> Holding | None:
        """Return the member who has this ref."""
        row = await self._reader.row(LOYALTY.name, tenant, ref)
        return None if row is None else _holding.decode(row)

    async def rules(self, tenant: TenantId) -> Rules:
        """Return the tenant's programme, the default one until it is set."""
        row = await self._reader.row(LOYALTY_PROGRAMMES.name, tenant, tenant)
        return Rules() if row is None else _rules.decode(row)

    async def rewards(
        self, tenant: TenantId, *, model_version: str | None, before: int | None, limit: int
    ) -> Rewards:
        """Return up to `limit` rewards, newest first."""
        rows = await self._reader.page(
            LOYALTY_REWARDS.name, tenant, group=model_version, before=before, limit=limit + 1
        )
        rewards = [_reward.decode(row) for row in rows[:limit]]
        return Rewards(rewards, rewards[-1].position if len(rows) > limit else None)
