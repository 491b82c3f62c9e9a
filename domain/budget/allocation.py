"""How far the allocation of budgets has read the log, and which briefs it could not serve."""

import datetime as dt

from domain.event import Event
from domain.identity import CampaignId


class AllocationCheckpointed(Event, frozen=True, kw_only=True, tag="allocation.checkpointed.v1"):
    """Every brief written up to `position` has its budget."""

    position: int
    checkpointed_at: dt.datetime


def evolve(_: int, event: AllocationCheckpointed) -> int:
    """Accept what happened: only the newest position matters."""
    return event.position


def checkpoint(
    reached: int, *, position: int, every: int, at: dt.datetime
) -> list[AllocationCheckpointed]:
    """Write the position down now and then: each note is itself an event to read."""
    if position - reached < every:
        return []
    return [AllocationCheckpointed(position=position, checkpointed_at=at)]


class AllocationParked(Event, frozen=True, kw_only=True, tag="allocation.parked.v1"):
    """The brief's budget could not be allocated: what was allocated before still holds."""

    campaign: CampaignId
    campaign_version: int
    code: str  # of the refusal
    parked_at: dt.datetime


def newest_parked(_: int, event: AllocationParked) -> int:
    """Accept what happened: only the newest brief that was parked matters."""
    return event.campaign_version


def park(newest: int, *, parked: AllocationParked) -> list[AllocationParked]:
    """Record that a brief got no budget, once for each version of it."""
    return [parked] if parked.campaign_version > newest else []
