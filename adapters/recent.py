"""The newest events of a log, heard of once and kept for all who follow it closely."""

import asyncio
import contextlib
from bisect import bisect_right
from collections.abc import Sequence

from domain.envelope import Recorded

KEPT_MAX = 4_096
BYTES_MAX = 32_000_000


class Recent:
    """Complete from `floor` (exclusive) to `end`; whoever is further back must ask the log.

    A process runs a dozen views and process managers: without this each would read, and
    decode, every event for itself.
    """

    def __init__(self) -> None:
        self.floor = 0
        self.end = 0
        self._events: list[Recorded] = []
        self._positions: list[int] = []
        self._bytes = 0
        self._waiting: set[asyncio.Future[None]] = set()

    def begin(self, position: int) -> None:
        """Forget all, and be complete from `position` on."""
        self.floor = self.end = position
        self._events, self._positions, self._bytes = [], [], 0
        self.wake()

    def add(self, events: Sequence[Recorded]) -> None:
        """Take what comes right after `end`, and wake those who wait for it."""
        if not events:
            return
        self._events += events
        self._positions += [event.position for event in events]
        self._bytes += sum(len(event.data) for event in events)
        self.end = events[-1].position
        if len(self._events) > KEPT_MAX or self._bytes > BYTES_MAX:
            self._drop(len(self._events) // 2 or 1)
        self.wake()

    def since(self, position: int, limit: int) -> list[Recorded] | None:
        """Return up to `limit` events past `position`; None when they are not all here."""
        if position < self.floor:
            return None
        first = bisect_right(self._positions, position)
        return self._events[first : first + limit]

    async def past(self, position: int, *, wait_s: float) -> None:
        """Return when there is more than `position`, when woken, or after `wait_s`."""
        if self.end > position or wait_s <= 0:
            return
        moved: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(moved)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await moved
        finally:
            self._waiting.discard(moved)

    def wake(self) -> None:
        """Wake all who wait: they look for themselves."""
        for moved in self._waiting:
            if not moved.done():
                moved.set_result(None)

    def _drop(self, count: int) -> None:
        self.floor = self._positions[count - 1]
        self._bytes -= sum(len(event.data) for event in self._events[:count])
        del self._events[:count], self._positions[:count]
