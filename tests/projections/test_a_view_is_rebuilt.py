import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace

from adapters.memory_views import MemoryViews
from projections import administration
from projections.campaign_board import CAMPAIGN_BOARD
from projections.catalogue import PROJECTIONS
from projections.runner import Runner
from projections.stored_views import StoredCampaignBoard
from tests.people import ACME, DRAFTED, SPRING, SUBMITTED
from tests.projections.scribe import Scribe, histories, kept_up, poisoned_histories, until, written
from tests.projections.stores import STORES, opened


@pytest.fixture(params=STORES)
async def views(request):
    async with opened(request.param, request) as (store, _):
        yield store


class InPieces:
    """A feed that gives little at a time."""

    def __init__(self, log, size):
        self.log, self.size = log, size

    async def after(self, position, *, limit, wait_s=0.0):
        return await self.log.after(position, limit=min(limit, self.size), wait_s=wait_s)

    async def head(self):
        return await self.log.head()


async def reached(views, position):
    return await views.position("campaign_board") >= position


@given(history=histories)
@settings(max_examples=60, deadline=None)
def test_any_history_rebuilds_to_the_live_view(history):
    assert asyncio.run(unlike_when_rebuilt(history, MemoryViews())) == []


@given(history=poisoned_histories)
@settings(max_examples=40, deadline=None)
def test_a_history_with_poison_rebuilds_alike(history):
    assert asyncio.run(unlike_when_rebuilt(history, MemoryViews())) == []


async def unlike_when_rebuilt(history, views):
    log, unlike = await written(history), []
    for name, projection in PROJECTIONS.items():
        await kept_up(projection, InPieces(log, 1), views)
        was = await views.snapshot(f"{name}_v1")
        parked = await views.parked(f"{name}_v1")
        await administration.rebuild(projection, feed=log, store=views, compare=True)
        now = await views.snapshot(f"{name}_v2"), await views.parked(f"{name}_v2")
        if now != (was, parked) or was.position != await log.head():
            unlike.append(name)
    return unlike


@pytest.mark.engines
@given(history=poisoned_histories)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_redis_and_memory_hold_the_same_rows(request, history):
    assert asyncio.run(alike(request, history))


async def alike(request, history):
    log = await written(history)
    memory = MemoryViews()
    async with opened("redis", request) as (redis, _):
        for projection in PROJECTIONS.values():
            await kept_up(projection, InPieces(log, 3), redis)
            await kept_up(projection, log, memory)
        return await contents(redis) == await contents(memory)


async def contents(views):
    names = [f"{name}_v1" for name in PROJECTIONS]
    return (
        [(await views.snapshot(name), await views.parked(name)) for name in names],
        [
            await views.page("campaign_board", ACME, group=group, before=None, limit=50)
            for group in (None, "draft", "live")
        ],
    )


async def test_events_it_does_not_read_still_move_the_position(views):
    scribe = Scribe()
    await scribe.campaign(DRAFTED)
    last = await scribe.campaign(SUBMITTED)
    await kept_up(PROJECTIONS["access"], scribe.log, views)

    assert await views.position("access") == last


async def test_a_running_projector_follows_the_swap(views):
    scribe = Scribe()
    await scribe.campaign(DRAFTED)
    stopping = asyncio.Event()
    runner = Runner(CAMPAIGN_BOARD, feed=scribe.log, store=views)
    running = asyncio.create_task(runner.run(stopping))
    await administration.rebuild(CAMPAIGN_BOARD, feed=scribe.log, store=views)
    last = await scribe.campaign(SUBMITTED)
    await until(lambda: reached(views, last))
    stopping.set()
    await running

    assert (await StoredCampaignBoard(views).card(ACME, SPRING)).stage == "in_review"
    assert (await views.snapshot("campaign_board_v1")).rows == {}


async def test_a_rebuild_that_differs_leaves_the_live_view(views):
    scribe = Scribe()
    await scribe.campaign(DRAFTED)
    await kept_up(CAMPAIGN_BOARD, scribe.log, views)
    louder = replace(
        CAMPAIGN_BOARD,
        fold=lambda card, event, at: replace(CAMPAIGN_BOARD.fold(card, event, at), name="LOUD"),
    )
    with pytest.raises(administration.Unlike) as unlike:
        await administration.rebuild(louder, feed=scribe.log, store=views, compare=True)

    assert unlike.value.differing == [f"{ACME}/{SPRING}"]
    assert await views.live("campaign_board") == "campaign_board_v1"


async def test_what_an_interrupted_rebuild_left_is_cleared_away(views):
    scribe = Scribe()
    await scribe.campaign(DRAFTED)
    await kept_up(CAMPAIGN_BOARD, scribe.log, views)
    await kept_up(CAMPAIGN_BOARD, scribe.log, views, view="campaign_board_v2")
    rebuilt = await administration.rebuild(CAMPAIGN_BOARD, feed=scribe.log, store=views)

    assert rebuilt.view == "campaign_board_v3"
    assert (await views.snapshot("campaign_board_v2")).rows == {}


async def test_a_view_of_an_earlier_version_is_renewed(views):
    scribe = Scribe()
    await scribe.campaign(DRAFTED)
    for projection in PROJECTIONS.values():
        await kept_up(projection, scribe.log, views)
    changed = replace(
        CAMPAIGN_BOARD,
        version=CAMPAIGN_BOARD.version + 1,
        fold=lambda card, event, at: replace(CAMPAIGN_BOARD.fold(card, event, at), name="NEW"),
    )
    catalogue = [changed, PROJECTIONS["budgets"]]
    renewed = await administration.renew(catalogue, feed=scribe.log, store=views)

    assert [rebuilt.view for rebuilt in renewed] == ["campaign_board_v2"]
    assert (await StoredCampaignBoard(views).card(ACME, SPRING)).name == "NEW"
    assert await administration.renew(catalogue, feed=scribe.log, store=views) == []


async def test_status_tells_how_far_each_view_is(views):
    scribe = Scribe()
    last = await scribe.campaign(DRAFTED, SUBMITTED)
    await kept_up(CAMPAIGN_BOARD, scribe.log, views)
    standings = await administration.status(PROJECTIONS.values(), feed=scribe.log, store=views)

    assert {s.name: (s.position, s.lag, s.parked) for s in standings} == {
        "campaign_board": (last, 0, 0),
        **dict.fromkeys(PROJECTIONS.keys() - {"campaign_board"}, (0, last, 0)),
    }


async def test_two_runners_share_a_view_without_harm(views):
    scribe = Scribe()
    stopping = asyncio.Event()
    pair = [Runner(CAMPAIGN_BOARD, feed=scribe.log, store=views) for _ in range(2)]
    running = [asyncio.create_task(runner.run(stopping)) for runner in pair]
    for number in range(20):
        last = await scribe.campaign(DRAFTED, SUBMITTED, campaign=f"c{number}")
        await asyncio.sleep(0.005)
    await until(lambda: reached(views, last))
    stopping.set()
    await asyncio.gather(*running)

    page = await StoredCampaignBoard(views).cards(ACME, stage="in_review", limit=50)
    assert len(page.cards) == 20
