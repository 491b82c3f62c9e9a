"""A loyalty programme: members, their stars in lots, and their tiers."""

from domain.loyalty.events import MemberEvent
from domain.loyalty.programme import Programme, ProgrammeSet
from domain.loyalty.rewards import UNREWARDED, Reward, RewardSignalled
from domain.loyalty.state import STRANGER, LoyaltyMember, Member, Stranger, evolve
from domain.loyalty.tiers import Tier

__all__ = [
    "STRANGER",
    "UNREWARDED",
    "LoyaltyMember",
    "Member",
    "MemberEvent",
    "Programme",
    "ProgrammeSet",
    "Reward",
    "RewardSignalled",
    "Stranger",
    "Tier",
    "evolve",
]
