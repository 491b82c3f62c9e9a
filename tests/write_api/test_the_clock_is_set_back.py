"""The machine's clock goes back an hour: nothing is lost, repeated or put in another order."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.clock import StoppedClock
from tests.api_world import ANA, BEN, BRIEF, created, moved, running_world

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)
ONCE = {"Idempotency-Key": "once"}


@pytest.fixture
async def world():
    async with running_world(clock=StoppedClock(NOON)) as world:
        yield world


async def test_versions_and_positions_grow_while_times_fall(world):
    async with world.client(ANA) as ana, world.client(BEN) as ben:
        campaign = await created(ana)
        world.clock.at -= AN_HOUR
        submitted = await moved(ana, campaign, "submit")
        approved = await moved(ben, campaign, "approve")
        assert submitted.json()["version"] == 2
        assert approved.json()["position"] > submitted.json()["position"]

        trail = (await ana.get(f"/v1/audit/streams/campaign-{campaign}")).json()["items"]
        times = [item["recorded_at"] for item in trail]
        assert times[0] > times[1], "the record says what the clock showed"
        assert [item["version"] for item in trail] == list(range(1, len(trail) + 1))
        verified = (await ana.get("/v1/audit/verify")).json()
        assert verified["findings"] == []


async def test_a_request_from_before_is_still_recognised(world):
    async with world.client(ANA) as ana:
        first = await ana.post("/v1/campaigns", json=BRIEF, headers=ONCE)
        world.clock.at -= AN_HOUR
        again = await ana.post("/v1/campaigns", json=BRIEF, headers=ONCE)
        assert again.json() == first.json()
        assert again.headers["idempotent-replayed"] == "true"


async def test_a_campaign_scheduled_before_waits_for_its_own_time(world):
    async with world.client(ANA) as ana, world.client(BEN) as ben:
        campaign = await created(ana)
        await moved(ana, campaign, "submit")
        await moved(ben, campaign, "approve")
        at = (NOON + timedelta(minutes=5)).isoformat()
        assert (await ben.post(f"/v1/campaigns/{campaign}/schedule", json={"at": at})).is_success
        world.clock.at -= AN_HOUR
        passed = await ben.post(f"/v1/campaigns/{campaign}/pause")
        assert passed.is_success
        resumed = await ben.post(f"/v1/campaigns/{campaign}/resume")
        assert resumed.is_success
        await world.settled()
        card = (await ana.get(f"/v1/campaigns/{campaign}")).json()
        assert card["stage"] == "scheduled"
