import uuid

import pytest

from adapters.clock import SystemClock
from commands.desk import Desk
from commands.tenant import NewKey, OpenTenant, Person, open_tenant_books
from commands.transact import Asking
from tests.api_world import created, moved, seen

DEAR = {"total": {"micros": 60_000_000_000, "currency": "USD"}}
COLLEAGUES = {
    "dora": ("director",),
    "mia": ("manager",),
    "kay": ("compliance",),
    "mo": ("marketer",),
}


@pytest.fixture
async def agency(world):
    """A larger agency beside the usual ones: a writer and colleagues with one role each."""
    people = {"abe": ("marketer", "admin"), **COLLEAGUES}
    command = OpenTenant(
        name="Big",
        people=[
            Person(person=person, name=person.title(), roles=roles)
            for person, roles in people.items()
        ],
        keys=[NewKey(key=f"{p}-key", use="api", text=f"{p}-secret", person=p) for p in people],
    )
    asking = Asking(
        tenant="big",
        person="setup",
        command_id=str(uuid.uuid4()),
        fingerprint="setup",
        correlation_id="setup",
    )
    desk = Desk(world.log, SystemClock(), keys=world.keys)
    await open_tenant_books(command, asking=asking, desk=desk)
    await world.settled()
    clients = {person: world.client(f"{person}-secret") for person in people}
    yield clients
    for client in clients.values():
        await client.aclose()


async def submitted(agency, **changes):
    campaign = await created(agency["abe"], **changes)
    await seen(agency["abe"], await moved(agency["abe"], campaign, "submit"))
    return campaign


async def waiting(client, approver="me", **query):
    answer = await client.get("/v1/approvals", params={"approver": approver, **query})
    assert answer.status_code == 200, answer.text
    return [card["id"] for card in answer.json()["items"]]


async def approve(agency, person, campaign):
    answer = await agency[person].post(f"/v1/campaigns/{campaign}/approve")
    assert answer.status_code == 200, answer.text
    return (await seen(agency[person], answer)).json()


async def test_each_sees_what_waits_for_their_role(agency):
    plain, dear = await submitted(agency), await submitted(agency, budget=DEAR)
    pills = await submitted(agency, channels=["pharma"])

    assert await waiting(agency["mia"]) == [pills, dear, plain]
    assert await waiting(agency["dora"]) == [dear]
    assert await waiting(agency["kay"]) == [pills]
    assert await waiting(agency["mo"]) == []
    assert await waiting(agency["abe"]) == []


async def test_anybody_may_ask_who_waits_for_whom(agency):
    dear = await submitted(agency, budget=DEAR)

    assert await waiting(agency["mo"], "dora") == [dear]
    assert await waiting(agency["dora"], "kay") == []
    assert await waiting(agency["dora"], "abe") == []
    unknown = await agency["mo"].get("/v1/approvals?approver=nobody")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "person_unknown")


async def test_what_one_approved_waits_for_the_others(agency):
    dear = await submitted(agency, budget=DEAR)
    card = await approve(agency, "dora", dear)

    assert await waiting(agency["dora"]) == []
    assert await waiting(agency["mia"]) == [dear]
    assert card["missing"] == [
        {"rule": "standard", "role": "manager", "approvals": 1, "reviews": []},
        {"rule": "high_budget", "role": "director", "approvals": 1, "reviews": []},
    ]
    assert [(a["approver"], a["role"], a["rules"]) for a in card["approvals"]] == [
        ("dora", "director", ["high_budget"])
    ]
    card = await approve(agency, "mia", dear)
    assert await waiting(agency["mia"]) == []
    refused = await agency["kay"].post(f"/v1/campaigns/{dear}/approve")
    assert (refused.status_code, refused.json()["code"]) == (403, "approval_not_asked")
    assert refused.json()["details"]["missing"] == (
        "1 more by the role director (rule high_budget)"
    )


async def test_no_page_is_empty_because_others_are_asked(agency):
    mine = []
    for number in range(12):
        campaign = await submitted(agency, **({"budget": DEAR} if number % 4 == 0 else {}))
        mine += [campaign] if number % 4 == 0 else []
    seen_ids, cursor, pages = [], None, 0
    while True:
        query = {"approver": "me", "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await agency["dora"].get("/v1/approvals", params=query)).json()
        assert page["items"]
        seen_ids += [card["id"] for card in page["items"]]
        pages += 1
        if (cursor := page["next"]) is None:
            break

    assert (seen_ids, pages) == (mine[::-1], 2)


async def test_a_cursor_of_somewhere_else_is_refused(agency):
    answer = await agency["mia"].get("/v1/approvals?approver=me&cursor=yesterday")

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


async def test_the_console_shows_what_was_asked_and_who_agreed(agency):
    dear = await submitted(agency, budget=DEAR)
    await approve(agency, "dora", dear)
    page = (await agency["mia"].get(f"/campaigns/{dear}")).text

    assert "1 by Director" in page
    assert "2 by Director" in page
    assert "<strong>dora</strong> (director)" in page
    assert f'formaction="/campaigns/{dear}/approve"' in page
    assert (
        f'formaction="/campaigns/{dear}/approve"'
        not in (await agency["dora"].get(f"/campaigns/{dear}")).text
    )
