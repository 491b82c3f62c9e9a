"""How far the allocation of budgets has read the log."""

import datetime as dt

from domain.event import Event


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
