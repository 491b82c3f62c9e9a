"""Who waits for a view's position is woken by its announcement, and never left hanging."""

import asyncio
import contextlib
import time
from types import TracebackType
from typing import Self

from redis.asyncio import Redis

from adapters.redis_announcements import SAFETY_S, Announcement, announcements, ended
from adapters.redis_views import RedisViews


class Waiter:
    """Someone who wants to know of a position."""

    def __init__(self, view: str, position: int) -> None:
        self.view = view
        self.position = position
        self.woken = asyncio.Event()

    def hear(self, announcement: Announcement | None) -> None:
        """Wake up when the announcement may be what was waited for."""
        if announcement is None or (
            announcement.name == self.view and announcement.position >= self.position
        ):
            self.woken.set()


class RedisPositions:
    """Satisfies `Positions`; listens while entered, and only polls when not."""

    def __init__(self, client: Redis, views: RedisViews) -> None:
        self._client = client
        self._views = views
        self._waiters: set[Waiter] = set()
        self._listening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._listening is not None:
            await ended(self._listening)

    async def of(self, view: str) -> int:
        """Return the position the view has reached; raises `RedisUnreachable`."""
        return await self._views.position(view)

    async def wait(self, view: str, position: int, timeout_s: float) -> bool:
        """Return True as soon as the view has reached `position`, False after `timeout_s`.

        What is announced is confirmed by the stored position, which alone knows about swaps.
        Raises `RedisUnreachable`.
        """
        deadline = time.monotonic() + timeout_s
        waiter = Waiter(view, position)
        self._waiters.add(waiter)
        try:
            while True:
                waiter.woken.clear()
                if await self.of(view) >= position:
                    return True
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    return False
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(waiter.woken.wait(), min(remaining, SAFETY_S))
        finally:
            self._waiters.discard(waiter)

    async def _listen(self) -> None:
        async with contextlib.aclosing(announcements(self._client)) as heard:
            async for announcement in heard:
                for waiter in self._waiters:
                    waiter.hear(announcement)
