import pytest

from adapters.clock import StoppedClock
from tests.api_world import ANA, running_world
from tests.people import MONDAY, TUESDAY

SCOPED = {"label": "Reports", "scopes": ["campaign:read"], "rate_per_minute": 600}


async def issued(client, **terms):
    answer = await client.post("/v1/keys", json=terms)
    assert answer.status_code == 201, answer.text
    return answer


async def test_a_key_opens_what_its_scopes_say(ana, world):
    answer = await issued(ana, **SCOPED)
    await world.settled()
    async with world.client(answer.json()["text"]) as reports:
        me = (await reports.get("/v1/whoami")).json()
        read = await reports.get("/v1/campaigns")
        written = await reports.post("/v1/campaigns", json={})

    assert (me["person"], me["permissions"], me["key"]) == (
        "ana", ["campaign:read"], answer.json()["key"],
    )  # fmt: skip
    assert read.status_code == 200
    assert (written.status_code, written.json()["code"]) == (403, "permission_missing")


async def test_the_text_of_a_key_is_told_once(ana, world):
    retry = {"Idempotency-Key": "one-key"}
    first, second = [await ana.post("/v1/keys", json=SCOPED, headers=retry) for _ in range(2)]
    text = first.json()["text"]
    await world.settled()
    recorded = b"".join(event.data for event in await world.log.after(0, limit=1000))
    listed = await ana.get("/v1/keys")

    assert first.headers["cache-control"] == "no-store"
    assert (second.json()["text"], second.json()["key"]) == (None, first.json()["key"])
    assert text.encode() not in recorded
    assert text not in listed.text
    key = next(key for key in listed.json()["items"] if key["id"] == first.json()["key"])
    assert text.startswith(key["prefix"])
    assert len(key["prefix"]) == len("cx_api_") + 6
    assert (key["label"], key["scopes"], key["opens"]) == ("Reports", ["campaign:read"], True)


async def test_a_revoked_key_opens_nothing(ana, world):
    answer = await issued(ana)
    revoked = await ana.delete(f"/v1/keys/{answer.json()['key']}")
    await world.settled()
    async with world.client(answer.json()["text"]) as client:
        assert (await client.get("/v1/whoami")).status_code == 401

    assert revoked.status_code == 200
    card = (await ana.get(f"/v1/keys/{answer.json()['key']}")).json()
    assert card["revoked_at"]
    assert not card["opens"]
    closed = (await ana.get("/v1/keys", params={"opens": False})).json()["items"]
    assert [key["id"] for key in closed] == [answer.json()["key"]]


async def test_an_expired_key_opens_nothing_even_before_anybody_revokes_it():
    clock = StoppedClock(MONDAY)
    async with running_world(clock=clock) as world, world.client(ANA) as ana:
        answer = await issued(ana, expires_at=TUESDAY.isoformat())
        await world.settled()
        async with world.client(answer.json()["text"]) as client:
            before = await client.get("/v1/whoami")
            clock.at = TUESDAY
            after = await client.get("/v1/whoami")

    assert before.json()["expires_at"] == "2026-03-03T09:00:00Z"
    assert (before.status_code, after.status_code) == (200, 401)


async def test_a_rotated_key_opens_until_its_successor_is_in_place(ana, world):
    old = (await issued(ana, **SCOPED)).json()
    rotated = await ana.post(f"/v1/keys/{old['key']}/rotate", json={"grace_s": 3600})
    new = rotated.json()
    await world.settled()
    for text in (old["text"], new["text"]):
        async with world.client(text) as client:
            assert (await client.get("/v1/whoami")).json()["scopes"] == ["campaign:read"]

    assert rotated.status_code == 201
    cards = {k["id"]: k for k in (await ana.get("/v1/keys")).json()["items"]}
    assert cards[new["key"]]["replaces"] == old["key"]
    assert cards[old["key"]]["expires_at"] is not None
    assert (cards[new["key"]]["expires_at"], cards[new["key"]]["rate_per_minute"]) == (None, 600)


async def test_a_key_that_leaked_is_rotated_without_grace(ana, world):
    old = (await issued(ana)).json()
    await ana.post(f"/v1/keys/{old['key']}/rotate", json={"grace_s": 0})
    await world.settled()
    async with world.client(old["text"]) as client:
        assert (await client.get("/v1/whoami")).status_code == 401


async def test_a_narrow_key_cannot_make_a_wide_one(ana, world):
    narrow = (await issued(ana, scopes=["user:read", "user:write"])).json()
    await world.settled()
    async with world.client(narrow["text"]) as client:
        answers = [
            await client.post("/v1/keys", json={}),
            await client.post("/v1/keys", json={"scopes": ["campaign:write"]}),
            await client.post("/v1/keys/ana-key/rotate"),
            await client.put("/v1/roles/mine", json={"permissions": ["campaign:write"]}),
            await client.post("/v1/people", json={"name": "Me", "roles": ["admin"]}),
        ]
        mine = await client.post("/v1/keys", json={"scopes": ["user:read"]})

    assert {(a.status_code, a.json()["code"]) for a in answers} == {(403, "permission_exceeded")}
    assert mine.status_code == 201


async def test_a_machines_key_belongs_to_nobody(ana, world):
    answer = await issued(ana, use="exchange", label="Northern Exchange")
    await world.settled()
    card = (await ana.get(f"/v1/keys/{answer.json()['key']}")).json()
    async with world.client(answer.json()["text"]) as client:
        assert (await client.get("/v1/whoami")).status_code == 401

    assert (card["use"], card["person"]) == ("exchange", None)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"use": "door"}, "fields_wrong"),
        ({"rate_per_minute": 0}, "fields_wrong"),
        ({"expires_at": "2030-01-01T00:00:00"}, "fields_wrong"),
        ({"expires_at": "1999-01-01T00:00:00Z"}, "key_expiry_past"),
        ({"scopes": ["everything"]}, "permission_unknown"),
        ({"use": "site", "scopes": ["campaign:read"]}, "key_of_machine"),
    ],
)
async def test_terms_that_make_no_sense_are_refused(ana, wrong, code):
    answer = await ana.post("/v1/keys", json=wrong)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_key_for_nobody_here_is_refused(ana):
    answer = await ana.post("/v1/keys", json={"person": "zoe"})

    assert (answer.status_code, answer.json()["code"]) == (404, "person_unknown")


async def test_the_first_keys_of_a_tenant_may_all_that_their_holders_may(world):
    async with world.client(ANA) as ana:
        keys = (await ana.get("/v1/keys")).json()["items"]

    assert {key["id"]: key["scopes"] for key in keys}["ana-key"] is None
    assert all(key["opens"] for key in keys)
