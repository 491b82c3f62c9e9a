import asyncio

import pytest
from msgspec.structs import replace

from adapters.memory_views import MemoryViews
from projections import administration
from projections.campaign_board import CAMPAIGN_BOARD
from projections.campaign_board import fold as fold_card
from projections.runner import Runner
from projections.stored_views import StoredCampaignBoard
from tests.people import ACME, APPROVED, DRAFTED, SPRING, SUBMITTED
from tests.projections.scribe import Scribe, kept_up, until
from tests.projections.stores import STORES, opened

BROKEN = b'{"kind":"campaign.drafted.v1","campaign":1}'


class Moody:
    """A fold that fails for submissions until it is mended."""

    def __init__(self):
        self.mended = False
        self.attempts = 0

    def __call__(self, card, event, recorded):
        if recorded.kind == "campaign.submitted.v1" and not self.mended:
            self.attempts += 1
            raise RuntimeError("out of sorts")
        return fold_card(card, event, recorded)


@pytest.fixture
def scribe():
    return Scribe()


@pytest.fixture
def moody():
    return Moody()


@pytest.fixture
def projection(moody):
    return replace(CAMPAIGN_BOARD, fold=moody)


@pytest.fixture(params=STORES)
async def views(request):
    async with opened(request.param, request) as (store, _):
        yield store


async def stage(views, campaign=SPRING):
    card = await StoredCampaignBoard(views).card(ACME, campaign)
    return card and card.stage


async def stage_is(wanted, views):
    return await stage(views) == wanted


async def test_it_is_parked_and_others_go_on(scribe, views):
    broken = await scribe.campaign(BROKEN)
    last = await scribe.campaign(DRAFTED, SUBMITTED, campaign="summer")
    await kept_up(CAMPAIGN_BOARD, scribe.log, views)

    [parked] = await administration.parked(CAMPAIGN_BOARD, store=views)
    assert (parked.position, parked.stream, parked.attempts) == (broken, f"campaign-{SPRING}", 3)
    assert "ValidationError" in parked.error
    assert await stage(views, "summer") == "in_review"
    assert await views.position("campaign_board") == last


async def test_it_is_attempted_three_times(scribe, views, projection, moody):
    await scribe.campaign(DRAFTED, SUBMITTED)
    await kept_up(projection, scribe.log, views)

    assert moody.attempts == 3


async def test_later_events_of_its_stream_queue_behind_it(scribe, views, projection):
    await scribe.campaign(DRAFTED, SUBMITTED)
    await kept_up(projection, scribe.log, views)
    await scribe.campaign(APPROVED)
    await kept_up(projection, scribe.log, views)

    first, second = await administration.parked(projection, store=views)
    assert (first.version, first.behind) == (2, None)
    assert (second.version, second.behind, second.attempts) == (3, first.position, 0)
    assert await stage(views) == "draft"


async def test_a_retry_after_mending_folds_the_whole_queue(scribe, views, projection, moody):
    await scribe.campaign(DRAFTED, SUBMITTED, APPROVED)
    await kept_up(projection, scribe.log, views)
    moody.mended = True
    left = await administration.retry(projection, feed=scribe.log, store=views)

    assert left == []
    assert await stage(views) == "approved"


async def test_a_vain_retry_keeps_the_queue_and_counts(scribe, views, projection):
    await scribe.campaign(DRAFTED, SUBMITTED, APPROVED)
    await kept_up(projection, scribe.log, views)
    first, second = await administration.retry(projection, feed=scribe.log, store=views)

    assert (first.attempts, second.attempts) == (6, 0)
    assert await stage(views) == "draft"


async def test_skipping_lets_the_queue_go_on(scribe, views, projection):
    await scribe.campaign(DRAFTED, SUBMITTED, APPROVED)
    await kept_up(projection, scribe.log, views)
    first, _ = await administration.parked(projection, store=views)
    left = await administration.skip(
        projection, feed=scribe.log, store=views, position=first.position
    )

    assert left == []
    assert await stage(views) == "approved"


async def test_what_waits_names_the_event_it_waits_for_now(scribe, views, projection):
    await scribe.campaign(DRAFTED, SUBMITTED, SUBMITTED, APPROVED)
    await kept_up(projection, scribe.log, views)
    first, *_ = await administration.parked(projection, store=views)
    second, third = await administration.skip(
        projection, feed=scribe.log, store=views, position=first.position
    )

    assert (second.behind, second.attempts) == (None, 3)
    assert third.behind == second.position


async def test_nothing_can_be_skipped_where_nothing_is_parked(scribe, views):
    with pytest.raises(LookupError):
        await administration.skip(CAMPAIGN_BOARD, feed=scribe.log, store=views, position=1)


async def test_a_running_projector_notices_the_retry(scribe, views, projection, moody):
    await scribe.campaign(DRAFTED, SUBMITTED)
    runner = Runner(projection, feed=scribe.log, store=views)
    stopping = asyncio.Event()
    running = asyncio.create_task(runner.run(stopping))
    await until(lambda: administration.parked(projection, store=views))
    moody.mended = True
    await administration.retry(projection, feed=scribe.log, store=views)
    await scribe.campaign(APPROVED)
    await until(lambda: stage_is("approved", views))
    stopping.set()
    await running

    assert await administration.parked(projection, store=views) == []


async def test_a_view_may_pause_on_it_instead(scribe, views, projection, moody):
    pausing = replace(projection, on_poison="pause")
    await scribe.campaign(DRAFTED, SUBMITTED)
    await scribe.campaign(DRAFTED, campaign="summer")
    runner = await kept_up(pausing, scribe.log, views)

    assert runner.paused_on.version == 2
    assert await views.position("campaign_board") == 2
    assert await stage(views, "summer") is None
    moody.mended = True
    await administration.retry(pausing, feed=scribe.log, store=views)
    await kept_up(pausing, scribe.log, views)
    assert await stage(views, "summer") == "draft"


async def test_a_pausing_view_is_not_swapped_for_a_stuck_one(scribe):
    views = MemoryViews()
    pausing = replace(CAMPAIGN_BOARD, on_poison="pause")
    await scribe.campaign(BROKEN)
    with pytest.raises(administration.Stuck):
        await administration.rebuild(pausing, feed=scribe.log, store=views)

    assert await views.live("campaign_board") == "campaign_board_v1"
