from datetime import UTC, datetime

import msgspec

from adapters.clock import SystemClock
from commands.desk import Desk
from commands.sealing import Sealing
from domain.chain import seal_of
from tests.api_world import created, moved


async def stream(client, campaign, **query):
    return await client.get(f"/v1/audit/streams/campaign-{campaign}", params=query)


async def test_each_event_says_who_when_why_and_is_sealed_with_the_last(ana, ben):
    campaign = await created(ana)
    await moved(ana, campaign, "submit")
    await moved(ben, campaign, "approve")
    items = (await stream(ana, campaign)).json()["items"]

    assert [item["kind"] for item in items] == [
        "campaign.drafted.v1",
        "campaign.submitted.v1",
        "campaign.approval_given.v1",
        "campaign.approved.v1",
    ]
    assert [item["version"] for item in items] == [1, 2, 3, 4]
    assert [item["actor"] for item in items] == ["ana", "ana", "ben", "ben"]
    assert [item["previous"] for item in items[1:]] == [item["hash"] for item in items[:-1]]
    assert {"position", "recorded_at", "command_id", "correlation_id", "causation_id", "data"} <= (
        items[0].keys()
    )


async def test_the_callers_request_id_is_kept_beside_what_it_caused(ana):
    answer = await ana.post(
        f"/v1/campaigns/{await created(ana)}/submit", headers={"X-Request-ID": "ticket-4711"}
    )
    items = (await stream(ana, answer.json()["id"])).json()["items"]

    assert answer.headers["x-request-id"] == "ticket-4711"
    assert items[-1]["correlation_id"] == "ticket-4711"


async def test_the_state_at_a_version_is_what_it_was_then(ana, ben):
    campaign = await created(ana)
    await moved(ana, campaign, "submit")
    await moved(ben, campaign, "approve", "go-live")
    stages = []
    for version in (1, 2, 3, 4, 5):
        folded = (await stream(ana, campaign, at_version=version)).json()
        assert (folded["stream"], folded["version"]) == (f"campaign-{campaign}", version)
        stages.append(folded["state"]["stage"])

    assert stages == ["draft", "in_review", "in_review", "approved", "live"]


async def test_the_state_as_of_a_moment_is_what_was_recorded_by_then(ana):
    before = datetime.now(UTC).isoformat()
    campaign = await created(ana)
    after_drafting = datetime.now(UTC).isoformat()
    await moved(ana, campaign, "submit")

    assert (await stream(ana, campaign, as_of=before)).status_code == 404
    then = (await stream(ana, campaign, as_of=after_drafting)).json()
    assert (then["version"], then["state"]["stage"]) == (1, "draft")


async def test_a_long_stream_comes_in_pages(ana):
    campaign = await created(ana)
    for version in range(1, 6):
        await ana.patch(
            f"/v1/campaigns/{campaign}",
            json={"name": f"Name {version}"},
            headers={"If-Match": f'"{version}"'},
        )
    first = (await stream(ana, campaign, limit=4)).json()
    rest = (await stream(ana, campaign, limit=4, cursor=first["next"])).json()

    assert [item["version"] for item in first["items"] + rest["items"]] == [1, 2, 3, 4, 5, 6]
    assert rest["next"] is None


async def test_questions_that_make_no_sense_are_refused(ana):
    campaign = await created(ana)
    for query in (
        {"at_version": 0},
        {"at_version": "first"},
        {"as_of": "2026-01-01T00:00:00"},
        {"as_of": "yesterday"},
        {"at_version": 1, "as_of": "2026-01-01T00:00:00Z"},
        {"cursor": "x"},
    ):
        assert (await stream(ana, campaign, **query)).status_code == 400, query


async def test_a_tenants_chains_are_verified(ana):
    await created(ana)
    verdict = (await ana.get("/v1/audit/verify")).json()

    assert verdict == {"intact": True, "streams": 2, "events": 8, "findings": []}


async def test_a_changed_record_is_found(ana, world):
    campaign = await created(ana)
    history = world.log._streams["acme", f"campaign-{campaign}"]
    forged = msgspec.structs.replace(history[0], actor="mallory")
    assert seal_of(forged) != forged.hash
    history[0] = forged
    world.log._feed[forged.position - 1] = forged
    verdict = (await ana.get("/v1/audit/verify")).json()

    assert verdict["intact"] is False
    assert verdict["findings"][0]["stream"] == f"campaign-{campaign}"


async def test_the_newest_seal_is_an_anchor_to_take_away(ana, world):
    early = await ana.get("/v1/audit/anchor")
    assert (early.status_code, early.json()["code"]) == (404, "nothing_sealed")
    sealing = Sealing(Desk(world.log, SystemClock()), world.log, every_s=0.0)
    for number in (1, 2):
        await created(ana)
        await sealing.step()
        anchor = (await ana.get("/v1/audit/anchor")).json()
        assert anchor["seal"] == number
    assert anchor.keys() == {"log", "seal", "position", "total", "root", "at"}
    assert (await ana.get("/v1/audit/verify")).json()["intact"]
