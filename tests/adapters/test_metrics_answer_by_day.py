"""Questions to the daily tables, asked of facts that were inserted as the ingest inserts them."""

import contextlib
import datetime as dt

import pytest

from adapters.clickhouse import Reader
from adapters.clickhouse_facts import FactsTable
from adapters.clickhouse_metrics import ClickHouseMetrics
from adapters.facts_block import Block, Months, pieces, read_facts
from projections.metrics import BadDay, MetricsUnreachable, direction
from tests.engines import free_port
from tests.facts import DAY_US, NOW_US, TODAY, batch, bid, bill, database, pixel

pytestmark = pytest.mark.engines
YESTERDAY, TOMORROW = TODAY - dt.timedelta(days=1), TODAY + dt.timedelta(days=1)


async def insert(client, *rows, seq=1):
    table = FactsTable(client, 0)
    block = Block(0, seq, seq, read_facts(seq, batch(*rows), Months()))
    for piece in pieces(block, await table.seen(block.asked, before=seq)):
        await table.insert(piece)


@pytest.fixture
def shop_of(clickhouse_url):
    """Makes a shop of some rows, in a database of its own."""

    @contextlib.asynccontextmanager
    async def opened(*rows):
        async with database(clickhouse_url) as (url, client):
            await insert(client, *rows)
            reader = Reader(url)
            yield ClickHouseMetrics(reader)
            await reader.close()

    return opened


@pytest.fixture
async def shop(shop_of):
    """A tenant's facts of yesterday and today, and another tenant's beside them."""
    old = NOW_US - DAY_US
    async with shop_of(
        *[pixel("visit", f"v{n}", banner_tag="spring") for n in range(8)],
        *[pixel("visit", f"y{n}", banner_tag="spring", at_us=old) for n in range(4)],
        *[pixel("registration", f"r{n}", banner_tag="spring") for n in range(3)],
        pixel("registration", "r9", banner_tag="autumn"),
        pixel("deposit", "d1", banner_tag="spring", amount_micros=5_000_000, currency="EUR"),
        pixel("deposit", "d1", banner_tag="spring", amount_micros=5_000_000, currency="EUR"),
        pixel("visit", "v0", tenant="rival", banner_tag="spring"),
        bid(campaign="spring", latency_us=1_000),
        bid(campaign="autumn", latency_us=1_000, reason="more"),
        *[bid("no_bid", reason="geo", latency_us=100) for _ in range(2)],
        bid("no_bid", reason="floor", latency_us=100),
        bid("win", campaign="spring"),
        bill("i1", campaign="spring", micros=2_500),
        bill("i1", campaign="spring", micros=2_500),
        bill("i2", campaign="autumn", micros=1_000, currency="EUR"),
        bid("click", campaign="spring"),
        bid("loss", campaign="spring", reason="102"),
        *[bid("rejected", reason="playerId") for _ in range(2)],
        bid("rejected", reason="e"),
    ) as opened:
        yield opened


async def test_rates_are_fractions_of_the_range(shop):
    found = await shop.conversion_rates("acme", YESTERDAY, TODAY)
    assert (found.visits, found.registrations, found.deposits) == (12, 4, 1)
    assert found.visit_to_registration == 4 / 12
    assert found.registration_to_deposit == 0.25
    assert found.visit_to_deposit == 1 / 12


async def test_rates_over_nothing_are_zero(shop):
    found = await shop.conversion_rates("nobody", YESTERDAY, TODAY)
    assert (found.visits, found.visit_to_registration, found.registration_to_deposit) == (0, 0, 0)


async def test_a_banners_days_come_in_pages_with_zeros_and_whole_totals(shop):
    first = await shop.campaign("acme", "spring", YESTERDAY, TOMORROW, limit=2)
    assert (first.totals.visit, first.totals.registration, first.totals.deposit) == (12, 3, 1)
    assert [(day.date, day.visit) for day in first.daily] == [(YESTERDAY, 4), (TODAY, 8)]
    second = await shop.campaign("acme", "spring", YESTERDAY, TOMORROW, limit=2, cursor=first.next)
    assert [(day.date, day.visit) for day in second.daily] == [(TOMORROW, 0)]
    assert second.next is None
    assert second.totals == first.totals


@pytest.mark.parametrize("cursor", ["", "tomorrow", "1999-01-01", TOMORROW.isoformat()])
async def test_a_cursor_from_elsewhere_is_refused(shop, cursor):
    with pytest.raises(BadDay):
        await shop.campaign("acme", "spring", YESTERDAY, TOMORROW, cursor=cursor)


async def test_a_trend_has_every_day_and_its_change(shop):
    found = await shop.trend("acme", "visit", YESTERDAY - dt.timedelta(days=1), TODAY)
    assert [day.count for day in found.daily] == [0, 4, 8]
    assert [day.change for day in found.daily] == [None, None, 1.0]
    assert found.trend == "up"


@pytest.mark.parametrize(
    ("counts", "says"), [([], "flat"), ([5], "flat"), ([3, 3, 3], "flat"), ([9, 1, 2], "down")]
)
def test_a_trends_direction_is_the_sign_of_its_slope(counts, says):
    assert direction(counts) == says


async def test_bidding_counts_requests_once_and_spend_by_currency(shop):
    found = await shop.bidding("acme", TODAY, TODAY)
    assert (found.requests, found.bids, found.wins, found.billed) == (4, 2, 1, 2)
    assert (found.clicks, found.losses) == (1, 1)
    assert found.spend_micros == {"USD": 2_500, "EUR": 1_000}
    assert [(item.reason, item.count) for item in found.funnel] == [("geo", 2), ("floor", 1)]
    assert found.latency.p50_us == pytest.approx(100, rel=0.02)


async def test_bidding_of_one_campaign_keeps_the_tenants_requests(shop):
    found = await shop.bidding("acme", TODAY, TODAY, "autumn")
    assert (found.requests, found.bids, found.billed, found.wins) == (4, 1, 1, 0)
    assert found.spend_micros == {"EUR": 1_000}
    assert found.latency.p50_us == pytest.approx(1_000, rel=0.02)


async def test_latencies_are_within_a_hundredth(shop_of):
    latencies = range(1_000, 101_000, 100)
    async with shop_of(*[bid("no_bid", latency_us=each) for each in latencies]) as shop:
        found = (await shop.bidding("acme", TODAY, TODAY)).latency
    assert (found.p50_us, found.p95_us, found.p99_us) == (
        pytest.approx(50_950, rel=0.011),
        pytest.approx(95_905, rel=0.011),
        pytest.approx(99_901, rel=0.011),
    )


async def test_bidding_of_a_silent_tenant_is_all_zeros(shop):
    found = await shop.bidding("nobody", TODAY, TODAY)
    assert (found.requests, found.spend_micros, found.latency.p99_us) == (0, {}, 0)


async def test_what_the_edge_refused_is_counted_by_reason(shop):
    found = await shop.rejected("acme", TODAY, TODAY)
    assert [(item.reason, item.count) for item in found] == [("playerId", 2), ("e", 1)]


async def test_outcomes_join_notices_and_pixels_of_a_campaign(shop):
    found = await shop.outcomes("acme", "spring")
    assert (found.impressions, found.clicks, found.conversions) == (1, 1, 1)
    assert (found.registrations, found.duplicates) == (3, 2)
    assert found.revenue_micros == {"EUR": 5_000_000}


async def test_nothing_of_another_tenant_is_counted(shop):
    assert (await shop.conversion_rates("rival", YESTERDAY, TODAY)).visits == 1
    assert (await shop.outcomes("rival", "spring")).impressions == 0


async def test_hostile_text_is_only_text(shop):
    hostile = "x' OR 1=1 --\\"
    assert (await shop.campaign("acme", hostile, TODAY, TODAY)).totals.visit == 0
    assert (await shop.bidding(hostile, TODAY, TODAY, hostile)).requests == 0


async def test_an_unreachable_clickhouse_says_so():
    reader = Reader(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(MetricsUnreachable, match="does not answer"):
        await ClickHouseMetrics(reader).outcomes("acme", "spring")
