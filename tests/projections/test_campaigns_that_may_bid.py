from datetime import UTC, date, datetime

import msgspec
import pytest
from msgspec.structs import replace

from adapters.memory_views import MemoryViews
from domain.budget import events as be
from domain.budget.amounts import SignedMoney
from hotpath.campaign import HotCampaign
from projections.hot_campaigns import HOT_CAMPAIGNS
from tests.people import (
    ACME,
    ARCHIVED,
    BRIEF,
    COMPLETED,
    HISTORIES,
    MONDAY,
    PAUSED,
    RESUMED,
    SPRING,
    TUESDAY,
    TULIPS,
    usd,
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


def at(*moment):
    return int(datetime(*moment, tzinfo=UTC).timestamp())


def reserved(units):
    return be.BudgetReserved(
        campaign=SPRING, reservation="r1", amount=usd(units), on=SECOND,
        expires_at=TUESDAY, reserved_at=MONDAY,
    )  # fmt: skip


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


async def test_a_spent_day_ends_at_the_advertisers_midnight(scribe, views):
    await scribe.campaign(*LIVE)
    pacific = replace(allocated(100, daily=20), time_zone="America/Los_Angeles")
    await scribe.budget(pacific, spent(20, on=SECOND))
    campaign = await hot(scribe, views)
    assert campaign.daily_exhausted_on == "2026-03-02"
    assert campaign.daily_exhausted_until == at(2026, 3, 3, 8)
    await scribe.budget(spent(1, on=THIRD))
    assert (await hot(scribe, views)).daily_exhausted_until == 0


async def test_the_day_on_which_clocks_go_back_is_an_hour_longer(scribe, views):
    await scribe.campaign(*LIVE)
    berlin = replace(allocated(100, daily=20), time_zone="Europe/Berlin")
    await scribe.budget(berlin, spent(20, on=date(2026, 10, 25)))
    assert (await hot(scribe, views)).daily_exhausted_until == at(2026, 10, 25, 23)


async def test_what_is_set_aside_is_not_bid_until_it_is_free(scribe, views):
    await scribe.campaign(*LIVE)
    await scribe.budget(allocated(100, daily=None), spent(60), reserved(40))
    assert await hot(scribe, views) is None
    released = be.ReservationReleased(campaign=SPRING, reservation="r1", released_at=MONDAY)
    await scribe.budget(released)
    assert await hot(scribe, views) is not None


async def test_a_day_that_is_set_aside_whole_is_spent_until_some_is_free(scribe, views):
    await scribe.campaign(*LIVE)
    await scribe.budget(allocated(100, daily=20), reserved(20))
    assert (await hot(scribe, views)).daily_exhausted_until == at(2026, 3, 3)
    committed = be.ReservationCommitted(
        campaign=SPRING, reservation="r1", amount=usd(5), on=SECOND, committed_at=MONDAY
    )
    await scribe.budget(committed)
    assert (await hot(scribe, views)).daily_exhausted_until == 0


async def test_a_refund_brings_a_spent_campaign_back(scribe, views):
    await scribe.campaign(*LIVE)
    await scribe.budget(allocated(100, daily=None), spent(100))
    assert await hot(scribe, views) is None
    refunded = be.BudgetRefunded(
        campaign=SPRING, amount=usd(1), reason="Bots", reference="c1", refunded_at=MONDAY
    )
    await scribe.budget(refunded)
    assert await hot(scribe, views) is not None


async def test_a_correction_of_the_day_brings_it_back(scribe, views):
    await scribe.campaign(*LIVE)
    await scribe.budget(allocated(100, daily=20), spent(20, on=SECOND))
    less = SignedMoney(micros=-1_000_000, currency="USD")
    corrected = be.BudgetCorrected(
        campaign=SPRING, amount=less, on=SECOND, reason="r", reference="t", corrected_at=MONDAY
    )
    await scribe.budget(corrected)
    assert (await hot(scribe, views)).daily_exhausted_until == 0


async def test_a_halt_by_a_shared_budget_stops_bids_until_it_lets_go(scribe, views):
    await scribe.campaign(*LIVE)
    stop, go = (
        kind(campaign=SPRING, shared_budget="flowers", at=MONDAY)
        for kind in (be.BudgetHalted, be.BudgetReleased)
    )
    await scribe.budget(allocated(100), stop)
    assert await hot(scribe, views) is None
    await scribe.budget(go)
    assert await hot(scribe, views) is not None
    await scribe.budget(replace(stop, until=MONDAY))
    assert (await hot(scribe, views)).daily_exhausted_until == at(2026, 3, 2, 9)
    left = be.SharedBudgetLeft(campaign=SPRING, shared_budget="flowers", left_at=MONDAY)
    await scribe.budget(left)
    assert (await hot(scribe, views)).daily_exhausted_until == 0


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
