from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from domain.campaign.brief import BudgetPlan, Targeting
from domain.money import Money
from projections.budgets import Budget
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
