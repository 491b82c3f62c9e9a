"""Knowing how far a log has come, and waiting until it has come further."""

import asyncio
import contextlib


class Tide:
    """The newest position that was heard of, by whatever way, and those who wait for more."""

    def __init__(self) -> None:
        self.heard = 0
        self._waiting: set[asyncio.Future[None]] = set()

    def rise(self, position: int) -> None:
        """Wake those who wait, if this is news."""
        if position > self.heard:
            self.heard = position
            self.wake()

    def wake(self) -> None:
        """Wake all: they look for themselves."""
        for moved in self._waiting:
            if not moved.done():
                moved.set_result(None)

    async def past(self, position: int, *, wait_s: float) -> None:
        """Return when more than `position` was heard of, when woken, or after `wait_s`."""
        if self.heard > position or wait_s <= 0:
            return
        moved: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(moved)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await moved
        finally:
            self._waiting.discard(moved)
