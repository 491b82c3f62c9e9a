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


async def test_the_state_at_a_position_is_what_the_whole_log_held_by_then(ana, ben):
    campaign = await created(ana)
    submitted = (await moved(ana, campaign, "submit")).json()
    await moved(ben, campaign, "approve")
    before = await stream(ana, campaign, at_position=submitted["position"] - 1)
    then = await stream(ana, campaign, at_position=submitted["position"])

    assert before.json()["state"]["stage"] == "draft"
    assert (then.json()["version"], then.json()["state"]["stage"]) == (2, "in_review")
    assert (await stream(ana, campaign, at_position=1)).status_code == 404


async def difference(client, name, start, end):
    return await client.get(
        f"/v1/audit/streams/{name}/diff", params={"from": str(start), "to": str(end)}
    )


async def test_an_edit_is_told_by_the_places_it_changed(ana):
    campaign = await created(ana)
    await ana.patch(
        f"/v1/campaigns/{campaign}",
        json={"name": "Summer sale", "targeting": {"geo": ["DEU", "FRA"], "sizes": [[300, 250]]}},
        headers={"If-Match": '"1"'},
    )
    told = (await difference(ana, f"campaign-{campaign}", 1, 2)).json()
    places = {one["pointer"]: one for one in told["differences"]}

    assert (told["from_version"], told["to_version"]) == (1, 2)
    assert places["/plan/brief/name"] == {
        "pointer": "/plan/brief/name",
        "before": "Spring sale",
        "after": "Summer sale",
    }
    assert places["/plan/brief/targeting/geo/1"] == {
        "pointer": "/plan/brief/targeting/geo/1",
        "after": "FRA",
    }
    assert set(places) == {
        "/plan/content_hash",
        "/plan/brief/name",
        "/plan/brief/targeting/geo/1",
    }


async def test_moments_are_versions_positions_or_times(ana):
    started = datetime.now(UTC).isoformat()
    campaign = await created(ana)
    moved_on = (await moved(ana, campaign, "submit")).json()
    name = f"campaign-{campaign}"
    by_version = (await difference(ana, name, 0, 2)).json()

    assert by_version["from_version"] == 0
    assert (await difference(ana, name, started, f"@{moved_on['position']}")).json() == by_version
    backwards = (await difference(ana, name, 2, 1)).json()["differences"]
    stage = next(one for one in backwards if one["pointer"] == "/stage")
    assert (stage["before"], stage["after"]) == ("in_review", "draft")
    assert (await difference(ana, name, 2, "9999-01-01T00:00:00Z")).json()["differences"] == []


async def test_a_moment_that_is_none_is_refused_by_its_name(ana):
    name = f"campaign-{await created(ana)}"
    for start, end, wrong in (
        ("yesterday", 1, "from"),
        (1, "2026-03-02T09:00:00", "to"),
        ("-1", 1, "from"),
        (1, "@", "to"),
        (1, "9" * 60, "to"),
        ("", 1, "from"),
    ):
        answer = await difference(ana, name, start, end)
        assert answer.status_code == 400, (start, end)
        assert wrong in answer.text, answer.text
    assert (await ana.get(f"/v1/audit/streams/{name}/diff")).status_code == 400


async def test_streams_of_others_and_of_nobody_look_alike(ana, rita):
    campaign = await created(ana)
    theirs = await difference(rita, f"campaign-{campaign}", 0, 1)
    unknown = await difference(rita, "campaign-nobody", 0, 1)
    strange = await difference(rita, "weather-today", 0, 1)
    assert [a.status_code for a in (theirs, unknown, strange)] == [404, 404, 404]
    assert theirs.json()["code"] == unknown.json()["code"] == strange.json()["code"]
    for query in ({"at_version": 1}, {"at_position": 99}, {"as_of": "9999-01-01T00:00:00Z"}):
        assert (await stream(rita, campaign, **query)).status_code == 404
