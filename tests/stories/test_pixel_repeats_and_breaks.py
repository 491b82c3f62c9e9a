"""Pixels that repeat themselves or are broken, from a browser's socket to the figures."""

from datetime import UTC, datetime

import httpx
import pytest

from tests.stories.actors import eventually, person

pytestmark = pytest.mark.engines
TAG = "repeats-and-breaks"


@pytest.fixture
def admin(platform):
    with person(platform, "admin_key") as client:
        yield client


@pytest.fixture
def browser(platform):
    with httpx.Client(base_url=platform.credentials["hot_url"]) as client:
        yield client


@pytest.fixture
def days():
    today = datetime.now(UTC).date().isoformat()
    return {"startDate": today, "endDate": today}


def test_a_repeat_is_answered_every_time_and_counted_once(browser, admin, days):
    said = {"playerId": "p", "bannerTag": TAG}
    for _ in range(3):
        assert browser.get("/api/pixel/visit", params={**said, "e": "one"}).status_code == 200
        assert browser.get("/api/pixel/registration", params=said).status_code == 200
    assert browser.get("/api/pixel/visit", params={**said, "e": "two"}).status_code == 200
    counted = eventually(
        lambda: admin.get(f"/api/metrics/campaigns/{TAG}", params=days).json(),
        lambda answer: answer["totals"]["visit"] >= 2 and answer["totals"]["registration"],
    )
    assert counted["totals"] == {"visit": 2, "registration": 1, "deposit": 0}


def test_a_broken_pixel_is_told_why_and_so_is_its_owner(browser, admin, days):
    refused = browser.get(
        "/api/pixel/deposit", params={"playerId": "p", "bannerTag": TAG, "v": "x"}
    )
    assert refused.status_code == 400
    assert refused.json()["code"] == "v_malformed"
    counted = eventually(
        lambda: str(admin.get("/api/metrics/rejected", params=days).json()),
        lambda answer: "v_malformed" in answer,
    )
    assert "v_malformed" in counted


def test_the_hot_door_tells_how_it_is(browser):
    assert browser.get("/healthz").json() == {"status": "alive"}
    states = browser.get("/readyz").json()["dependencies"]
    assert {"nats", "streams", "campaign_index", "access"} <= set(states)
    assert "cx_hot_answers_total" in browser.get("/metrics").text
