"""What people's reactions teach the model: a reward for a decision it took (FR-LOY-010)."""

import datetime as dt
from typing import Annotated

import msgspec

from domain.event import Event
from domain.loyalty.events import MemberEvent, MemberRewarded
from domain.loyalty.refusals import RewardDiffers
from domain.loyalty.settling import member_of
from domain.loyalty.state import LoyaltyMember

Signal = Annotated[float, msgspec.Meta(ge=-1.0, le=1.0)]


class RewardSignalled(Event, frozen=True, kw_only=True, tag="loyalty.reward_signalled.v1"):
    """How well a decision of a model turned out for a member: -1 is worst, 1 is best."""

    member: str
    decision: str
    model_version: str
    signal: float
    reason: str
    signalled_at: dt.datetime


class Unrewarded(msgspec.Struct, frozen=True):
    """Nobody has said yet how the decision turned out."""


Reward = Unrewarded | RewardSignalled

UNREWARDED = Unrewarded()


def evolve(reward: Reward, event: RewardSignalled) -> Reward:
    """Accept what happened: the first signal of a decision is the one that counts."""
    return event if isinstance(reward, Unrewarded) else reward


def signal(reward: Reward, *, news: RewardSignalled) -> list[RewardSignalled]:
    """Record how a decision turned out, once."""
    if isinstance(reward, Unrewarded):
        return [news]
    if msgspec.structs.replace(reward, signalled_at=news.signalled_at) != news:
        raise RewardDiffers(decision=news.decision)
    return []


def note(member: LoyaltyMember, *, reward: RewardSignalled) -> list[MemberEvent]:
    """Tell the member's own stream of a reward, so that whoever asks for all of it finds it."""
    if member_of(member).rewarded.get(reward.decision) is not None:
        return []
    return [
        MemberRewarded(
            member=reward.member,
            decision=reward.decision,
            model_version=reward.model_version,
            signal=reward.signal,
            reason=reward.reason,
            rewarded_at=reward.signalled_at,
        )
    ]
