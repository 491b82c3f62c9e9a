"""What people's reactions teach the model: a reward for a decision it took (FR-LOY-010)."""

import datetime as dt
from typing import Annotated

import msgspec

from domain.event import Event
from domain.loyalty.refusals import RewardDiffers

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
