from datetime import UTC, datetime

import httpx
import pytest

from tests.stories.actors import eventually, person

pytestmark = pytest.mark.engines


@pytest.fixture
def admin(platform):
    with person(platform, "admin_key") as client:
        yield client


@pytest.fixture
def days():
    today = datetime.now(UTC).date().isoformat()
    return {"startDate": today, "endDate": today}


@pytest.fixture
def browser_pixels(platform):
    """Send pixels as a browser does; returns the statuses."""

    def send(tag, kinds):
        with httpx.Client(base_url=platform.credentials["hot_url"]) as browser:
            return [
                browser.get(
                    f"/api/pixel/{kind}", params={"playerId": f"p-{number}", "bannerTag": tag}
                ).status_code
                for number, kind in enumerate(kinds)
            ]

    return send


def test_what_was_acknowledged_is_counted_within_seconds(admin, browser_pixels, days):
    kinds = ["visit"] * 5 + ["registration"] * 2 + ["deposit"]
    assert set(browser_pixels("story-banner", kinds)) == {200}
    counted = eventually(
        lambda: admin.get("/api/metrics/campaigns/story-banner", params=days).json(),
        lambda answer: answer["totals"] == {"visit": 5, "registration": 2, "deposit": 1},
    )

    assert counted["bannerTag"] == "story-banner"
    assert [day["visit"] for day in counted["daily"]] == [5]
    assert counted["next"] is None


def test_conversion_rates_and_trends_speak_the_promised_names(admin, days):
    rates = admin.get("/api/metrics/conversion-rates", params=days).json()
    trend = admin.get("/api/metrics/trends/visit", params=days).json()
    bidding = admin.get("/api/metrics/bidding", params=days).json()

    assert set(rates) == {
        "visits", "registrations", "deposits",
        "visitToRegistration", "registrationToDeposit", "visitToDeposit",
    }  # fmt: skip
    assert set(trend) == {"eventType", "daily", "trend"}
    assert set(trend["daily"][0]) == {"date", "count", "change"}
    assert {"requests", "bids", "wins", "spend", "latency", "funnel"} <= set(bidding)


@pytest.mark.parametrize(
    ("place", "query", "pointer"),
    [
        ("conversion-rates", {"startDate": "2026-02-02", "endDate": "2026-02-01"}, "/endDate"),
        ("conversion-rates", {"startDate": "2020-01-01", "endDate": "2026-02-01"}, "/endDate"),
        ("conversion-rates", {"startDate": "02/01/2026", "endDate": "2026-02-01"}, "/startDate"),
        ("trends/sneeze", {"startDate": "2026-01-01", "endDate": "2026-02-01"}, "/event_type"),
    ],
)
def test_a_range_that_makes_no_sense_is_named(admin, place, query, pointer):
    answer = admin.get(f"/api/metrics/{place}", params=query)

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_missing_day_is_asked_for(admin):
    answer = admin.get("/api/metrics/bidding?startDate=2026-01-01")

    assert answer.status_code == 400
    assert "endDate" in answer.json()["detail"]
