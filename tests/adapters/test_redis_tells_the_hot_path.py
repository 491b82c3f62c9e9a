import asyncio
import contextlib

import pytest

from adapters.redis_campaigns import RedisCampaignSource
from adapters.redis_views import RedisViews
from domain.tenant.events import KeyRevoked
from projections import administration
from projections.catalogue import PROJECTIONS
from tests.people import ACME, GLOBEX, HISTORIES, MONDAY, PAUSED
from tests.projections.scribe import ANA_JOINED, OPENED, Scribe, allocated, issued, kept_up, spent
from tests.projections.stores import empty_redis

pytestmark = pytest.mark.engines
QUIET_S = 1.3  # longer than the source's own look around


@pytest.fixture
async def client(redis_url):
    async with empty_redis(redis_url) as client:
        yield client


@pytest.fixture
def views(client):
    return RedisViews(client)


@pytest.fixture
def source(client, views):
    return RedisCampaignSource(client, views)


@pytest.fixture
def scribe():
    return Scribe()


@pytest.fixture
async def changes(source):
    async with contextlib.aclosing(source.changes()) as changes:
        await anext(changes)  # the one at the start
        yield changes


async def kept_up_all(scribe, views):
    for projection in PROJECTIONS.values():
        await kept_up(projection, scribe.log, views)


async def told(changes, *, within_s=5.0):
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(anext(changes), within_s)
        return True
    return False


async def test_campaigns_of_all_tenants_are_loaded_with_their_position(scribe, views, source):
    for tenant in (ACME, GLOBEX):
        await scribe.campaign(*HISTORIES["live"], tenant=tenant)
        last = await scribe.budget(allocated(), tenant=tenant)
    await kept_up_all(scribe, views)
    position, campaigns = await source.load()

    assert position == last
    assert sorted(campaign.tenant for campaign in campaigns) == [ACME, GLOBEX]


async def test_an_empty_view_loads_empty(source):
    assert await source.load() == (0, [])
    assert await source.holders() == {}


async def test_a_campaign_that_goes_live_is_told(scribe, views, changes):
    await scribe.campaign(*HISTORIES["live"])
    await scribe.budget(allocated())
    await kept_up_all(scribe, views)

    assert await told(changes)


async def test_spend_and_drafts_are_not_told(scribe, views, changes):
    await scribe.campaign(*HISTORIES["live"])
    await scribe.budget(allocated())
    await kept_up_all(scribe, views)
    assert await told(changes)
    await scribe.budget(spent(1))
    await scribe.campaign(*HISTORIES["draft"], campaign="other")
    await kept_up_all(scribe, views)

    assert not await told(changes, within_s=QUIET_S)


async def test_a_revoked_key_is_told_and_gone(scribe, views, source, changes):
    await scribe.write(f"tenant-{ACME}", OPENED, ANA_JOINED, issued("k1"), issued("k2"))
    await kept_up_all(scribe, views)
    assert await told(changes)
    await scribe.write(f"tenant-{ACME}", KeyRevoked(key="k1", revoked_at=MONDAY))
    await kept_up_all(scribe, views)
    assert await told(changes)

    assert list(await source.holders()) == ["hash-of-k2"]


async def test_a_swapped_view_is_told_and_read_whole(scribe, views, source, changes, client):
    await scribe.campaign(*HISTORIES["live"])
    await scribe.budget(allocated())
    await kept_up_all(scribe, views)
    assert await told(changes)
    elsewhere = RedisViews(client)  # an operator's process
    await administration.rebuild(PROJECTIONS["hot_campaigns"], feed=scribe.log, store=elsewhere)
    assert await told(changes)

    assert len((await source.load())[1]) == 1


async def test_a_reader_elsewhere_never_misses_a_row_while_views_are_swapped(scribe, views, client):
    await scribe.campaign(*HISTORIES["draft"], campaign="c1")
    await kept_up_all(scribe, views)
    reader, swapping = RedisViews(client), True
    missed = 0

    async def swap():
        nonlocal swapping
        for _ in range(10):
            await administration.rebuild(
                PROJECTIONS["campaign_board"], feed=scribe.log, store=views
            )
        swapping = False

    task = asyncio.create_task(swap())
    while swapping:
        missed += await reader.row("campaign_board", ACME, "c1") is None
        page = await reader.page("campaign_board", ACME, group="draft", before=None, limit=9)
        missed += not page
    await task
    assert missed == 0


async def test_nothing_of_a_dropped_view_stays_but_its_name(scribe, views, client):
    await scribe.campaign(*HISTORIES["live"])
    await scribe.campaign(PAUSED)
    await kept_up_all(scribe, views)
    await administration.rebuild(PROJECTIONS["campaign_board"], feed=scribe.log, store=views)
    left = [key async for key in client.scan_iter("{campaign_board_v1}*")]

    assert left == [b"{campaign_board_v1}:turn"]
