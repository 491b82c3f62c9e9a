"""What projections announce over Redis, heard through lost connections."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import NamedTuple

from redis.asyncio import Redis

from adapters.redis_connection import ANSWER_S_MAX, PASSING
from adapters.redis_scripts import CHANNEL

SAFETY_S = 1.0  # an announcement can be lost with a connection: look this often anyhow
RECONNECT_S = 0.1
UNREAD_MAX = 1_000


class Announcement(NamedTuple):
    """A view moved on: `name` of its projection and the position."""

    name: str
    position: int


async def announcements(client: Redis) -> AsyncGenerator[Announcement | None, None]:
    """Yield announcements for ever; None means "look for yourself".

    None comes after connecting, after losing the connection, and after `SAFETY_S` of silence.
    """
    heard: asyncio.Queue[Announcement | Exception | None] = asyncio.Queue(UNREAD_MAX)
    listening = asyncio.create_task(_listen(client, heard))
    try:
        while True:
            announcement = await heard.get()
            if isinstance(announcement, Exception):
                raise announcement
            yield announcement
    finally:
        await ended(listening)


async def ended(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for its end."""
    task.cancel()
    await asyncio.wait([task])


async def _listen(client: Redis, heard: asyncio.Queue[Announcement | Exception | None]) -> None:
    while True:
        try:
            async with contextlib.aclosing(client.pubsub()) as channel:
                async with asyncio.timeout(ANSWER_S_MAX):
                    await channel.subscribe(CHANNEL)
                while True:
                    message = await channel.get_message(timeout=SAFETY_S)
                    await heard.put(_read(message["data"]) if message else None)
        except PASSING:
            await heard.put(None)
            await asyncio.sleep(RECONNECT_S)
        except Exception as mistake:  # noqa: BLE001 - it is raised where the news are read
            await heard.put(mistake)
            return


def _read(data: object) -> Announcement | None:
    if not isinstance(data, bytes):
        return None  # The answer to our subscription.
    view, _, position = data.decode().partition(" ")
    return Announcement(view.rpartition("_v")[0], int(position))
