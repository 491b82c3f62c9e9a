"""Persons' requests over HTTP: asked, followed, exported, held, refused."""

import asyncio
import json

import pytest

from adapters.clickhouse import ClickHouseUnreachable
from adapters.clock import SystemClock
from commands.desk import Desk
from commands.erasing import Erasing
from commands.privacy_ports import Places
from projections.catalogue import PROJECTIONS
from tests.api_world import ANA, RIVAL, running_world

MARIA = "maria@example.org"
REQUESTS, HOLDS = "/v1/privacy/requests", "/v1/privacy/holds"


@pytest.fixture
async def house():
    async with running_world(projections=tuple(PROJECTIONS.values())) as world:
        places = Places(
            raw=world.facts, rows=world.facts, letters=world.facts, views=world.personal_views
        )
        desk = Desk(world.log, SystemClock(), keys=world.keys)
        world.erasing = Erasing(desk, world.log, places)
        yield world


@pytest.fixture
async def ana(house):
    async with house.client(ANA) as client:
        yield client


@pytest.fixture
async def rita(house):
    async with house.client(RIVAL) as client:
        yield client


async def asked(client, kind="erasure", subject=MARIA, **more):
    answer = await client.post(REQUESTS, json={"subject": subject, "kind": kind, **more})
    assert answer.status_code == 201, answer.text
    return answer


async def followed(house, client, answer):
    """Return the request once the process manager has done what it can."""
    head = -1
    while head != (head := await house.log.head()):
        await house.erasing.step()
        await house.settled()
    seen = {"X-Consistency-Token": str(await house.log.head())}
    shown = await client.get(f"{REQUESTS}/{answer.json()['id']}", headers=seen)
    assert shown.status_code == 200, shown.text
    return shown.json()


async def enrolled(client, name=MARIA):
    answer = await client.post("/v1/loyalty/members", json={"member": name})
    assert answer.status_code == 201, answer.text


async def exported(client, request):
    answer = await client.get(f"{REQUESTS}/{request}/export")
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_an_erasure_is_followed_to_its_certificate(house, ana):
    await enrolled(ana)
    house.facts.observe("acme", MARIA)
    answer = await asked(ana, reason="Letter of 2 March")
    assert answer.headers["location"] == f"{REQUESTS}/{answer.json()['id']}"
    shown = await followed(house, ana, answer)
    assert shown["status"] == "done"
    assert shown["subject"] == MARIA
    assert shown["reason"] == "Letter of 2 March"
    assert [step["step"] for step in shown["steps"]] == [
        "keys", "raw", "found", "facts", "letters", "views",
    ]  # fmt: skip
    assert all(step["done_at"] for step in shown["steps"])
    certificate = shown["certificate"]
    assert certificate["subject"] == shown["ref"]
    assert certificate["person_check"] == shown["person_check"]["digest"]
    assert len(shown["certificate_hash"]) == 64
    assert MARIA not in json.dumps(certificate)
    assert (await ana.get(f"/v1/loyalty/members/{MARIA}")).status_code == 404
    assert (await ana.get("/v1/audit/verify")).json()["intact"]


async def test_an_export_tells_everything_in_the_clear_and_ends(house, ana):
    await enrolled(ana)
    house.facts.observe("acme", MARIA, banner_tag="spring")
    house.facts.observe("acme", "player-7", "deposit")
    house.facts.observe("acme", "jonas")
    house.facts.observe("rival", MARIA)
    await ana.post(HOLDS, json={"subject": MARIA, "reason": "A court asked"})
    answer = await asked(ana, "access", identifiers={"players": ["player-7"]})
    shown = await followed(house, ana, answer)
    assert shown["export"] == f"{REQUESTS}/{shown['id']}/export"
    lines = await exported(ana, shown["id"])
    header, *told, end = lines
    assert (header["type"], header["subject"], header["players"]) == ("header", MARIA, ["player-7"])
    assert header["format"] == "campaign-express-export/1"
    assert header["facts"] == {"visit": 1, "deposit": 1}
    assert end["type"] == "end"
    assert sum(end["lines"].values()) == len(told)
    facts = [line["row"] for line in told if line["type"] == "fact"]
    assert [(row["player"], row["kind"]) for row in facts] == [
        (MARIA, "visit"), ("player-7", "deposit"),
    ]  # fmt: skip
    hold = next(line for line in told if line.get("kind") == "subject.hold_placed.v1")
    assert json.loads(hold["data"]["sealed"])["reason"] == "A court asked"
    assert {line["view"] for line in told if line["type"] == "view"} == {"loyalty", "legal_holds"}
    assert not any("sealed:1:" in json.dumps(line) for line in told)


async def test_an_export_ends_with_the_person(house, ana):
    access = await asked(ana, "access")
    await followed(house, ana, access)
    await followed(house, ana, await asked(ana))
    gone = await ana.get(f"{REQUESTS}/{access.json()['id']}/export")
    assert (gone.status_code, gone.json()["code"]) == (409, "export_gone")
    shown = (await ana.get(f"{REQUESTS}/{access.json()['id']}")).json()
    assert shown["subject"] is None


async def test_an_erasure_has_no_export(house, ana):
    answer = await asked(ana)
    await house.settled()
    missing = await ana.get(f"{REQUESTS}/{answer.json()['id']}/export")
    assert (missing.status_code, missing.json()["code"]) == (404, "no_export")


async def test_an_export_whose_engine_is_down_is_a_problem_not_half_a_file(house, ana):
    answer = await asked(ana, "access")
    await followed(house, ana, answer)

    async def count(_wanted):
        raise ClickHouseUnreachable("stopped")

    house.facts.count = count
    broken = await ana.get(f"{REQUESTS}/{answer.json()['id']}/export")
    assert broken.status_code == 503


async def test_a_held_request_tells_what_holds_it(house, ana):
    hold = await ana.post(HOLDS, json={"subject": MARIA, "reason": "A court asked"})
    assert hold.status_code == 201
    answer = await asked(ana)
    shown = await followed(house, ana, answer)
    assert shown["status"] == "held"
    assert [each["reason"] for each in shown["holds"]] == ["A court asked"]
    listed = (await ana.get(HOLDS)).json()["items"]
    assert [(each["id"], each["subject"]) for each in listed] == [(hold.json()["id"], MARIA)]
    for _ in range(2):
        lifted = await ana.delete(f"{HOLDS}/{hold.json()['id']}")
        assert lifted.status_code == 200
    assert (await followed(house, ana, answer))["status"] == "done"
    assert (await ana.get(HOLDS)).json()["items"] == []


async def test_a_request_can_be_refused_on_a_ground_of_the_law(house, ana):
    await ana.post(HOLDS, json={"subject": MARIA, "reason": "A court asked"})
    answer = await asked(ana)
    where = f"{REQUESTS}/{answer.json()['id']}/refuse"
    assert (await ana.post(where, json={"ground": "identity_unproven"})).status_code == 200
    shown = await followed(house, ana, answer)
    assert (shown["status"], shown["ground"]) == ("refused", "identity_unproven")
    assert (await ana.post(where, json={"ground": "dislike"})).status_code == 422
    unknown = await ana.post(f"{REQUESTS}/nothing/refuse", json={"ground": "excessive"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "request_unknown")


async def test_lists_go_on_by_their_cursor(house, ana):
    ids = [(await asked(ana, "access", f"person-{n}")).json()["id"] for n in range(5)]
    await house.settled()
    seen, cursor = [], ""
    while cursor is not None:
        page = (await ana.get(f"{REQUESTS}?limit=2{cursor}")).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"] and f"&cursor={page['next']}"
    assert seen == ids[::-1]
    assert len((await ana.get(f"{REQUESTS}?status=received")).json()["items"]) == 5
    assert (await ana.get(f"{REQUESTS}?status=done")).json()["items"] == []
    assert (await ana.get(f"{REQUESTS}?cursor=x")).status_code == 400
    assert (await ana.get(f"{REQUESTS}?status=odd")).status_code == 400


async def test_another_tenant_sees_and_lifts_nothing(house, ana, rita):
    hold = (await ana.post(HOLDS, json={"subject": MARIA, "reason": "x"})).json()["id"]
    request = (await asked(ana, "access")).json()["id"]
    await house.settled()
    for path in (f"{REQUESTS}/{request}", f"{REQUESTS}/{request}/export"):
        assert (await rita.get(path)).status_code == 404
    assert (await rita.get(REQUESTS)).json()["items"] == []
    assert (await rita.get(HOLDS)).json()["items"] == []
    assert (await rita.delete(f"{HOLDS}/{hold}")).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"subject": MARIA}, 422),
        ({"kind": "erasure"}, 422),
        ({"subject": "", "kind": "erasure"}, 422),
        ({"subject": "a\nb", "kind": "erasure"}, 422),
        ({"subject": "é" * 129, "kind": "erasure"}, 422),
        ({"subject": MARIA, "kind": "deletion"}, 422),
        ({"subject": MARIA, "kind": "erasure", "identifiers": {"ips": []}}, 422),
        ({"subject": MARIA, "kind": "erasure", "identifiers": {"players": [""]}}, 422),
        ({"subject": MARIA, "kind": "erasure", "extra": 1}, 422),
    ],
)
async def test_bad_requests_are_refused_and_nothing_is_recorded(house, ana, body, status):
    before = await house.log.head()
    answer = await ana.post(REQUESTS, json=body)
    assert answer.status_code == status, answer.text
    assert await house.log.head() == before


@pytest.mark.parametrize(
    "body",
    [
        {"subject": MARIA, "reason": ""},
        {"subject": MARIA, "reason": "x", "until": "2020-01-01T00:00:00Z"},
        {"subject": MARIA, "reason": "x", "until": "tomorrow"},
        {"reason": "x"},
    ],
)
async def test_bad_holds_are_refused(ana, body):
    assert (await ana.post(HOLDS, json=body)).status_code == 422


@pytest.mark.parametrize("hold", ["nothing", "a.b", "..x"])
async def test_a_hold_that_never_was_cannot_be_lifted(ana, hold):
    answer = await ana.delete(f"{HOLDS}/{hold}")
    assert (answer.status_code, answer.json()["code"]) == (404, "hold_unknown")


async def test_a_retry_with_its_key_is_answered_as_before(house, ana):
    headers = {"Idempotency-Key": "letter-17"}
    body = {"subject": MARIA, "kind": "access"}
    first, second = [await ana.post(REQUESTS, json=body, headers=headers) for _ in range(2)]
    assert second.json() == first.json()
    assert second.headers["idempotent-replayed"] == "true"
    other = await ana.post(REQUESTS, json={**body, "kind": "erasure"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    await followed(house, ana, await asked(ana))
    third = await ana.post(REQUESTS, json=body, headers=headers)
    assert third.json() == first.json()


async def test_many_who_ask_at_once_get_one_erasure(house, ana):
    await enrolled(ana)
    answers = await asyncio.gather(*(asked(ana) for _ in range(10)))
    for answer in answers:
        assert (await followed(house, ana, answer))["status"] == "done"
    erased = [e for e in await house.log.after(0, limit=1_000) if e.kind == "subject.erased.v1"]
    assert len(erased) == 1


async def test_earning_while_being_erased_is_whole_or_nothing(house, ana):
    await enrolled(ana)
    body = {"amount": {"micros": 5_000_000, "currency": "USD"}}
    earnings = [
        ana.post(f"/v1/loyalty/members/{MARIA}/earn", json={**body, "purchase": f"p-{number}"})
        for number in range(20)
    ]
    answer, *earned = await asyncio.gather(asked(ana), *earnings)
    shown = await followed(house, ana, answer)
    assert shown["status"] == "done"
    assert {each.status_code for each in earned} <= {200, 404, 503}
    assert (await ana.get("/v1/audit/verify")).json()["intact"]
    assert (await ana.get(f"/v1/loyalty/members/{MARIA}")).status_code == 404
