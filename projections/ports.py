"""What projections need from the world, and no more."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from domain.envelope import Recorded


@runtime_checkable
class EventFeed(Protocol):
    """The whole log in order, every tenant and stream."""

    async def after(self, position: int, *, limit: int, wait_s: float = 0.0) -> Sequence[Recorded]:
        """Return up to `limit` events past `position`, in order and without gaps.

        When there is none yet, wait up to `wait_s` for one before returning [].
        """

    async def head(self) -> int:
        """Return the position of the newest event; 0 for an empty log."""
