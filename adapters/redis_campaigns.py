"""The live campaigns and key holders as a hot worker loads them, and when to load them again."""

import contextlib
from collections.abc import AsyncGenerator

import msgspec
from redis.asyncio import Redis

from adapters.redis_announcements import announcements
from adapters.redis_connection import RedisUnreachable, reaching
from adapters.redis_views import RedisViews
from hotpath.campaign import HotCampaign
from projections.access import Holder
from projections.ports import Snapshot

FOLLOWED = ("hot_campaigns", "access")

_campaign = msgspec.json.Decoder(HotCampaign)
_holder = msgspec.json.Decoder(Holder)


class RedisCampaignSource:
    """Reads whole views as of one moment; raises `RedisUnreachable`."""

    def __init__(self, client: Redis, views: RedisViews) -> None:
        self._client = client
        self._views = views

    async def load(self) -> tuple[int, list[HotCampaign]]:
        """Return the view's position and every campaign that may bid, of all tenants."""
        position, rows = await self._snapshot("hot_campaigns")
        return position, [_campaign.decode(row) for row in rows.values()]

    async def holders(self) -> dict[str, Holder]:
        """Return the holder of every key in force, by the hex SHA-256 of the key's text."""
        _, rows = await self._snapshot("access")
        return {address.key: _holder.decode(row) for address, row in rows.items()}

    async def changes(self) -> AsyncGenerator[None, None]:
        """Yield once at the start and then whenever a row of either view changed.

        Goes on for ever, through a Redis that is killed and started again; while it is away
        nothing is yielded. Several changes may share one yield.
        """
        seen: list[bytes | str | None] | None = None
        async with contextlib.aclosing(announcements(self._client)) as heard:
            async for announcement in heard:
                if announcement and announcement.name not in FOLLOWED:
                    continue
                try:
                    marks = await self._marks()
                except RedisUnreachable:
                    continue
                if marks != seen:
                    seen = marks
                    yield

    async def _marks(self) -> list[bytes | str | None]:
        marks: list[bytes | str | None] = []
        for name in FOLLOWED:
            view = await self._views.live(name)
            async with reaching():
                marks += [view, await self._client.get(f"{{{view}}}:changed")]
        return marks

    async def _snapshot(self, name: str) -> Snapshot:
        view = await self._views.live(name)
        while True:
            snapshot = await self._views.snapshot(view)
            now = await self._views.live(name)
            if now == view:
                return snapshot  # Not dropped meanwhile, so it was whole.
            view = now
