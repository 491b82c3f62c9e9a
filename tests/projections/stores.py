"""The stores of views that every suite runs against."""

import contextlib

import pytest

from adapters.memory_views import MemoryViews
from adapters.redis_connection import connect
from adapters.redis_positions import RedisPositions
from adapters.redis_views import RedisViews

STORES = ["memory", pytest.param("redis", marks=pytest.mark.engines)]


@contextlib.asynccontextmanager
async def empty_redis(url):
    client = connect(url)
    try:
        await client.flushdb()
        yield client
    finally:
        await client.aclose()


@contextlib.asynccontextmanager
async def opened(name, request):
    """A store (also a reader) and its positions."""
    if name == "memory":
        views = MemoryViews()
        yield views, views
        return
    async with empty_redis(request.getfixturevalue("redis_url")) as client:
        views = RedisViews(client)
        async with RedisPositions(client, views) as positions:
            yield views, positions
