"""A campaign drafted before budgets had a daily limit is read, moved and proved like any other."""

from pathlib import Path

from adapters.clock import SystemClock
from commands.budget_allocation import BudgetAllocation
from commands.desk import Desk
from domain.envelope import Entry
from tests.people import MONDAY, TUESDAY

OLD = Path(__file__).parents[1] / "golden/old"
STREAM = "campaign-spring-sale"
PATH = "/v1/campaigns/spring-sale"


def entry(kind, at):
    return Entry(
        event_id=f"event {kind}",
        kind=kind,
        data=(OLD / f"{kind}.json").read_bytes().rstrip(b"\n"),
        recorded_at=at,
        actor="ana",
        command_id=f"command {kind}",
        fingerprint="f",
        correlation_id="c",
        causation_id=None,
    )


async def written_long_ago(world):
    entries = [entry("campaign.drafted.v0", MONDAY), entry("campaign.edited.v0", TUESDAY)]
    await world.log.append("acme", STREAM, entries, after=0)
    await world.settled()
    return entries


async def test_every_view_shows_the_total_that_was_meant(ana, world):
    await written_long_ago(world)
    card = (await ana.get(PATH)).json()
    listed = (await ana.get("/v1/campaigns", params={"stage": "draft"})).json()["items"]

    assert card["stage"] == "draft"
    assert card["budget"] == {"total": {"micros": 100_000_000, "currency": "USD"}, "daily": None}
    assert [each["id"] for each in listed] == ["spring-sale"]
    for runner in world.runners:
        assert await world.views.parked(runner.projection.name) == []


async def test_the_record_keeps_its_bytes_and_the_state_is_read_anew(ana, world):
    entries = await written_long_ago(world)
    stream = f"/v1/audit/streams/{STREAM}"
    items = (await ana.get(stream)).json()["items"]
    first = (await ana.get(stream, params={"at_version": 1})).json()["state"]
    then = (await ana.get(stream, params={"as_of": TUESDAY.isoformat()})).json()["state"]

    assert [item["kind"] for item in items] == ["campaign.drafted.v0", "campaign.edited.v0"]
    assert items[0]["data"]["brief"]["budget"] == {"micros": 100_000_000, "currency": "USD"}
    assert [event.data for event in world.log._feed[-2:]] == [each.data for each in entries]
    assert first["plan"]["brief"]["budget"]["total"]["micros"] == 100_000_000
    assert then["stage"] == "draft"
    assert (await ana.get("/v1/audit/verify")).json()["intact"] is True


async def test_an_old_draft_is_edited_and_gets_its_budget(ana, world):
    await written_long_ago(world)
    desk = Desk(world.log, SystemClock(), keys=world.keys)
    await BudgetAllocation(desk, world.log).step()
    budget = await ana.get("/v1/audit/streams/budget-spring-sale", params={"at_version": 1})
    edited = await ana.patch(PATH, json={"name": "Summer sale"}, headers={"If-Match": '"2"'})

    assert budget.json()["state"]["total"] == {"micros": 100_000_000, "currency": "USD"}
    assert (edited.status_code, edited.json()["version"]) == (200, 3)
    items = (await ana.get(f"/v1/audit/streams/{STREAM}")).json()["items"]
    assert items[-1]["kind"] == "campaign.edited.v1"
    assert items[-1]["data"]["brief"]["budget"]["total"]["micros"] == 100_000_000
