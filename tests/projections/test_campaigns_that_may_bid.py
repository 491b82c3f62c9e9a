from datetime import date

import msgspec
import pytest

from adapters.memory_views import MemoryViews
from hotpath.campaign import HotCampaign
from projections.hot_campaigns import HOT_CAMPAIGNS
from tests.people import (
    ACME,
    ARCHIVED,
    BRIEF,
    COMPLETED,
    HISTORIES,
    PAUSED,
    RESUMED,
    SPRING,
    TULIPS,
)
from tests.projections.scribe import EDITED, Scribe, allocated, kept_up, spent

LIVE = HISTORIES["live"]
SECOND, THIRD = date(2026, 3, 2), date(2026, 3, 3)


@pytest.fixture
def scribe():
    return Scribe()


@pytest.fixture
def views():
    return MemoryViews()


async def hot(scribe, views):
    await kept_up(HOT_CAMPAIGNS, scribe.log, views)
    row = await views.row("hot_campaigns", ACME, SPRING)
    return None if row is None else msgspec.json.decode(row, type=HotCampaign)


async def test_a_live_campaign_with_a_budget_may_bid(scribe, views):
    await scribe.campaign(*LIVE)
    went_live = await scribe.budget(allocated())
    campaign = await hot(scribe, views)

    assert (campaign.tenant, campaign.campaign, campaign.currency) == (ACME, SPRING, "USD")
    assert campaign.starts_at == int(BRIEF.starts_at.timestamp())
    assert (campaign.geo, campaign.sizes) == (["DEU"], [(300, 250)])
    assert campaign.position == went_live
    [offer] = campaign.offers
    assert (offer.w, offer.h, offer.bid_cpm_micros) == (300, 250, TULIPS.bid_cpm.micros)
    assert (offer.markup, offer.creative_url) == ("", TULIPS.creative_url)


@pytest.mark.parametrize("stage", sorted(HISTORIES.keys() - {"live", "unwritten"}))
async def test_no_other_stage_may_bid(scribe, views, stage):
    await scribe.campaign(*HISTORIES[stage])
    await scribe.budget(allocated())

    assert await hot(scribe, views) is None


async def test_without_an_allocation_nothing_is_bid(scribe, views):
    await scribe.campaign(*LIVE)

    assert await hot(scribe, views) is None


async def test_pausing_stops_and_resuming_goes_on(scribe, views):
    await scribe.budget(allocated())
    await scribe.campaign(*LIVE)
    await scribe.campaign(PAUSED)
    assert await hot(scribe, views) is None
    await scribe.campaign(RESUMED)
    assert await hot(scribe, views) is not None
    await scribe.campaign(COMPLETED, ARCHIVED)
    assert await hot(scribe, views) is None


async def test_a_spent_budget_stops_bids_until_it_is_raised(scribe, views):
    await scribe.campaign(*LIVE)
    await scribe.budget(allocated(100), spent(99))
    assert await hot(scribe, views) is not None
    await scribe.budget(spent(1))
    assert await hot(scribe, views) is None
    await scribe.budget(allocated(150))
    assert await hot(scribe, views) is not None


async def test_a_spent_day_is_named_and_the_next_one_clears_it(scribe, views):
    await scribe.campaign(*LIVE)
    await scribe.budget(allocated(100, daily=20), spent(20, on=SECOND))
    assert (await hot(scribe, views)).daily_exhausted_on == "2026-03-02"
    await scribe.budget(spent(1, on=THIRD))
    assert (await hot(scribe, views)).daily_exhausted_on == ""


async def test_spend_that_changes_nothing_visible_changes_no_row(scribe, views):
    await scribe.campaign(*LIVE)
    await scribe.budget(allocated())
    before = await hot(scribe, views)
    await scribe.budget(spent(1))

    assert await hot(scribe, views) == before
    assert await views.position("hot_campaigns") == await scribe.log.head()


async def test_what_an_edit_changes_reaches_the_row(scribe, views):
    await scribe.campaign(*HISTORIES["draft"], EDITED, *LIVE[1:])
    await scribe.budget(allocated())

    assert (await hot(scribe, views)).offers[0].id == TULIPS.id
