from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from domain.budget.pacing import Curve
from domain.campaign.brief import BudgetPlan, Targeting
from domain.money import Money
from projections.budgets import Budget, Halt
from projections.campaign_board import Card
from projections.metrics import Outcomes
from read_api.budgets import planned, report

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def usd(micros):
    return Money(micros=micros, currency="USD")


CARD = Card(
    id="spring", name="Spring", advertiser="Shop", channels=(), starts_at=NOON - DAY,
    ends_at=NOON + 3 * DAY, budget=BudgetPlan(total=usd(100_000_000)), targeting=Targeting(),
    offers=(), stage="live", author="ana", last_editor="ana", content_hash="",
    version=4, position=9, created=1,
    created_at=NOON, updated_at=NOON,
)  # fmt: skip
BUDGET = Budget(
    campaign="spring", currency="USD", total=usd(100_000_000), daily=None,
    spent_total=usd(20_000_000), spent_today=usd(5_000_000), spent_on=NOON.date(),
    impressions=8_000, alerts=(), version=3, position=12,
)  # fmt: skip
NOTHING = Outcomes(
    impressions=0, clicks=0, conversions=0, registrations=0, revenue_micros={}, duplicates=0
)
SOLD = replace(
    NOTHING, clicks=3, conversions=7, revenue_micros={"USD": 50_000_000, "EUR": 9_000_000}
)


def test_what_came_of_the_spend_is_told_in_its_own_currency():
    told = report(BUDGET, CARD, SOLD, at=NOON)

    assert told.revenue == usd(50_000_000)
    assert (told.roas, told.roi) == (2.5, 150.0)
    assert told.cpm == usd(2_500_000)


def test_prices_are_rounded_half_to_even_once():
    told = report(BUDGET, CARD, SOLD, at=NOON)

    assert told.cpc == usd(6_666_667)
    assert told.cpa == usd(2_857_143)
    halves = replace(BUDGET, spent_total=usd(5))
    assert report(halves, CARD, replace(NOTHING, clicks=2), at=NOON).cpc == usd(2)


def test_nothing_is_divided_by_nothing():
    unspent = replace(BUDGET, spent_total=usd(0), impressions=0)
    told = report(unspent, CARD, NOTHING, at=NOON)

    assert (told.roas, told.roi, told.cpa, told.cpc, told.cpm) == (None,) * 5


@pytest.mark.parametrize(
    ("spent", "revenue", "roas", "roi"),
    [
        (40_000_000, 100_000_000, 2.5, 150.0),  # worked by hand: 100/40, (100-40)/40 x 100
        (40_000_000, 40_000_000, 1.0, 0.0),
        (40_000_000, 10_000_000, 0.25, -75.0),
        (40_000_000, 0, 0.0, -100.0),
        (30_000_000, 10_000_000, 1 / 3, -200 / 3),
        (0, 10_000_000, None, None),
        (0, 0, None, None),
        (1, 10**18, 1e18, 1e20 - 100),
    ],
)
def test_returns_are_as_the_customer_defined_them(spent, revenue, roas, roi):
    budget = replace(BUDGET, spent_total=usd(spent))
    told = report(budget, CARD, replace(NOTHING, revenue_micros={"USD": revenue}), at=NOON)

    assert (told.roas, told.roi) == (roas, roi)


@pytest.mark.parametrize(
    ("spent", "count", "each"),
    [
        (40_000_000, 8, 5_000_000),
        (40_000_000, 3, 13_333_333),
        (5, 2, 2),  # 2.5 rounds to even
        (15, 2, 8),  # and so does 7.5
        (0, 7, 0),  # nothing spent is a price of nothing
        (40_000_000, 0, None),
        (0, 0, None),
    ],
)
def test_prices_are_spend_over_what_it_bought(spent, count, each):
    budget = replace(BUDGET, spent_total=usd(spent), impressions=1_000 * count)
    told = report(budget, CARD, replace(NOTHING, clicks=count, conversions=count), at=NOON)

    price = None if each is None else usd(each)
    assert (told.cpa, told.cpc, told.cpm) == (price, price, price)


def test_refunds_make_returns_better():
    told = report(replace(BUDGET, refunded_micros=5_000_000), CARD, SOLD, at=NOON)

    assert (told.refunds, told.roas) == (usd(5_000_000), 2.5)


def test_pace_follows_the_budgets_own_curve_and_flight():
    curve = Curve(shape="front_loaded")
    later = replace(BUDGET, curve=curve, starts_at=NOON - DAY, ends_at=NOON + DAY)
    told = report(later, CARD, NOTHING, at=NOON)

    assert (told.expected, told.pacing) == (usd(75_000_000), 20 / 75)
    assert told.pacing_curve == curve


def test_today_is_the_advertisers():
    at = datetime(2026, 3, 2, 3, tzinfo=UTC)  # still the first in New York
    there = replace(BUDGET, time_zone="America/New_York", spent_on=date(2026, 3, 1))

    assert report(there, CARD, NOTHING, at=at).spent_today == BUDGET.spent_today
    assert report(there, CARD, NOTHING, at=at + DAY).spent_today == usd(0)


def test_only_halts_in_force_are_told():
    halts = tuple(
        Halt(shared_budget=name, until=until)
        for name, until in (("a", None), ("b", NOON), ("c", NOON + DAY))
    )
    told = report(replace(BUDGET, halts=halts), CARD, NOTHING, at=NOON)

    assert [halt.shared_budget for halt in told.halts] == ["a", "c"]


def test_yesterdays_spend_is_not_todays():
    told = report(replace(BUDGET, spent_on=date(2026, 3, 1)), CARD, NOTHING, at=NOON)

    assert told.spent_today == usd(0)
    assert told.spent_total == usd(20_000_000)


@pytest.mark.parametrize(
    ("at", "pace"),
    [
        (NOON - 2 * DAY, None),  # before the flight
        (NOON - DAY, None),  # as it starts
        (NOON, 0.8),  # a quarter flown, a fifth spent
        (NOON + 30 * DAY, 0.2),  # after its end
    ],
)
def test_pace_is_spend_over_an_even_flights(at, pace):
    assert report(BUDGET, CARD, NOTHING, at=at).pacing == pytest.approx(pace)


def test_a_campaign_without_a_flight_has_no_pace():
    for card in (replace(CARD, starts_at=None), replace(CARD, ends_at=None)):
        assert report(BUDGET, card, NOTHING, at=NOON).pacing is None


def test_before_its_allocation_a_budget_is_what_was_planned():
    told = report(planned(CARD), CARD, NOTHING, at=NOON)

    assert (told.total, told.spent_total, told.version) == (CARD.budget.total, usd(0), 0)
