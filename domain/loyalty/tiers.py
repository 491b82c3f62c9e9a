"""The four tiers and what each asks for (BRD FR-LOY-001, product decision 8)."""

from enum import StrEnum

QUALIFYING_MONTHS = 12


class Tier(StrEnum):
    """A tier as it is written in events; the order here is the ladder."""

    BASIC = "basic"
    SILVER = "silver"
    GOLD = "gold"
    RESERVE = "reserve"


LADDER = tuple(Tier)
THRESHOLDS = {Tier.BASIC: 0, Tier.SILVER: 1, Tier.GOLD: 500, Tier.RESERVE: 2_500}
DOWNWARDS = tuple((tier, THRESHOLDS[tier]) for tier in reversed(LADDER))


def tier_for(qualifying: int) -> Tier:
    """Return the highest tier that this many qualifying stars reach."""
    for tier, threshold in DOWNWARDS:
        if qualifying >= threshold:
            return tier
    raise ValueError(qualifying)


def below(tier: Tier, other: Tier) -> bool:
    """Tell whether `tier` stands lower on the ladder than `other`."""
    return LADDER.index(tier) < LADDER.index(other)


def above(tier: Tier) -> Tier | None:
    """Return the next tier up, None from the top."""
    return next(iter(LADDER[LADDER.index(tier) + 1 :]), None)
