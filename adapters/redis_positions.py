"""What projections announce over Redis: who waits for a position is woken, never left hanging."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator
from types import TracebackType
from typing import NamedTuple, Self

from redis.asyncio import Redis

from adapters.redis_connection import PASSING
from adapters.redis_scripts import CHANNEL
from adapters.redis_views import RedisViews

SAFETY_S = 1.0  # an announcement can be lost with a connection: ask this often anyhow
RECONNECT_S = 0.1


class Announcement(NamedTuple):
    """A view moved on: `name` of its projection and the position."""

    name: str
    position: int


async def announcements(client: Redis) -> AsyncGenerator[Announcement | None, None]:
    """Yield announcements for ever; None means "look for yourself".

    None comes after connecting, after losing the connection, and after `SAFETY_S` of silence.
    """
    while True:
        try:
            async with client.pubsub() as channel:
                await channel.subscribe(CHANNEL)
                while True:
                    message = await channel.get_message(timeout=SAFETY_S)
                    yield _read(message["data"]) if message else None
        except PASSING:
            yield None
            await asyncio.sleep(RECONNECT_S)


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
            self._listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listening

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


def _read(data: object) -> Announcement | None:
    if not isinstance(data, bytes):
        return None  # The answer to our subscription.
    view, _, position = data.decode().partition(" ")
    return Announcement(view.rpartition("_v")[0], int(position))
