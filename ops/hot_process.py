"""A hot-path worker: pixels, bids and notices, from a campaign index kept in memory."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

import structlog

from adapters.redis_campaigns import RedisCampaignSource
from adapters.redis_connection import connect
from adapters.redis_views import RedisViews
from commands.ports import Fault
from hotpath.access import AccessBook, Holder
from hotpath.bidder import CampaignBidder
from hotpath.index import Index
from hotpath.provider import CpuProvider
from hotpath.publisher import PublisherSettings
from hotpath.server import serve
from hotpath.token import Tokens
from ops.data_dir import DataDir
from ops.patience import patiently
from ops.settings import Settings

log = structlog.get_logger()


class NothingProjected(Fault):
    """The views are empty yet; an empty index would refuse keys that are good."""


async def run(settings: Settings, index: int, stop: asyncio.Event) -> None:
    """Serve until told to stop, always from the newest index that could be had."""
    secret = DataDir(settings.directory).notice_secret()
    provider = CpuProvider()
    provider.warm_up()
    bidder = CampaignBidder(tokens=Tokens(secret), hot_url=settings.hot_url, provider=provider)
    access = AccessBook()
    redis = connect(settings.redis_url)
    source = RedisCampaignSource(redis, RedisViews(redis))
    try:
        # A worker without keys would tell good callers that theirs are unknown.
        await _load_patiently(source, bidder, access, stop)
        serving = serve(
            host=settings.host,
            port=settings.hot_port,
            publisher=PublisherSettings(
                url=settings.nats_url,
                partitions=settings.partitions,
                replicas=settings.nats_replicas,
            ),
            access=access,
            bidder=bidder,
            notice_secret=secret,
            trusted_proxies=settings.trusted_proxies,
            worker_index=index,
            stop=stop,
        )
        await _until_first_ends(serving, _follow(source, bidder, access, stop))
    finally:
        await redis.aclose()


async def _until_first_ends(*ways: Coroutine[Any, Any, None]) -> None:
    """Run all until one ends, for good or ill: a worker that follows nothing must not serve."""
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome


async def _follow(
    source: RedisCampaignSource, bidder: CampaignBidder, access: AccessBook, stop: asyncio.Event
) -> None:
    """Swap in the index and the keys whenever either changed; keep the old through outages."""
    async with contextlib.aclosing(source.changes()) as changes:
        async for _ in changes:
            await _load_patiently(source, bidder, access, stop)


async def _load_patiently(
    source: RedisCampaignSource, bidder: CampaignBidder, access: AccessBook, stop: asyncio.Event
) -> None:
    await patiently(lambda: _load(source, bidder, access), faults=(Fault,), stop=stop, what="index")


async def _load(source: RedisCampaignSource, bidder: CampaignBidder, access: AccessBook) -> None:
    holders = await source.holders()
    position, campaigns = await source.load()
    if not holders or position == 0:
        raise NothingProjected
    access.replace(
        [
            Holder(secret_hash, holder.use, holder.tenant, holder.key)
            for secret_hash, holder in holders.items()
        ]
    )
    if position != bidder.position or not bidder.loaded:
        bidder.load(Index(campaigns, position))
        log.info("index swapped", position=position, campaigns=len(campaigns))
