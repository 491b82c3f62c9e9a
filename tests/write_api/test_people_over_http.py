import pytest

from tests.api_world import ANA, BEN

ADA = {"name": "Ada Example", "email": "ada@acme.example", "roles": ["marketer"]}


def asking_for(answer):
    return {"X-Consistency-Token": str(answer.json()["position"])}


async def admitted(ana, **changes):
    answer = await ana.post("/v1/people", json={**ADA, **changes})
    assert answer.status_code == 201, answer.text
    return answer


async def shown(client, answer, person=None):
    person = person or answer.json()["id"]
    return await client.get(f"/v1/people/{person}", headers=asking_for(answer))


async def test_someone_who_is_let_in_can_be_read(ana):
    answer = await admitted(ana)
    card = await shown(ana, answer)

    assert answer.headers["location"] == f"/v1/people/{answer.json()['id']}"
    assert card.headers["etag"] == answer.headers["etag"]
    assert {**ADA, "roles": ["marketer"]}.items() <= card.json().items()
    assert "campaign:write" in card.json()["permissions"]


async def test_no_name_and_no_mail_address_is_on_the_record(ana, world):
    answer = await admitted(ana)
    await ana.patch(
        f"/v1/people/{answer.json()['id']}",
        json={"name": "Ada Renamed"},
        headers={"If-Match": answer.headers["etag"]},
    )
    await world.settled()
    recorded = b"".join(event.data for event in await world.log.after(0, limit=1000))
    row = await world.views.row("people", "acme", "acme")
    trail = (await ana.get("/v1/audit/streams/tenant-acme")).text
    state = (await ana.get("/v1/audit/streams/tenant-acme?at_version=99")).text

    for place in (recorded, row, trail.encode(), state.encode()):
        assert b"sealed:" in place
        assert b"Ada" not in place
        assert b"ada@" not in place


async def test_whoever_is_erased_is_still_counted_but_nameless(ana, world):
    answer = await admitted(ana)
    person = answer.json()["id"]
    subject = await world.keys.known("acme", f"person:{person}")
    await world.keys.destroy(subject)
    card = (await shown(ana, answer)).json()

    assert (card["name"], card["email"], card["roles"]) == (None, None, ["marketer"])


async def test_a_change_needs_the_version_that_was_read(ana):
    answer = await admitted(ana)
    place = f"/v1/people/{answer.json()['id']}"
    without = await ana.patch(place, json={"roles": ["manager"]})
    first = await ana.patch(
        place, json={"roles": ["manager"]}, headers={"If-Match": answer.headers["etag"]}
    )
    second = await ana.patch(
        place, json={"roles": ["director"]}, headers={"If-Match": answer.headers["etag"]}
    )

    assert (without.status_code, without.json()["code"]) == (428, "if_match_required")
    assert first.status_code == 200
    assert (second.status_code, second.json()["code"]) == (412, "stale_version")


async def test_what_happens_elsewhere_in_the_books_is_no_conflict(ana):
    ada, bob = await admitted(ana), await admitted(ana, name="Bob")
    answer = await ana.patch(
        f"/v1/people/{ada.json()['id']}",
        json={"roles": ["manager"]},
        headers={"If-Match": ada.headers["etag"]},
    )

    assert bob.headers["etag"] != ada.headers["etag"]
    assert answer.status_code == 200


async def test_the_same_change_again_records_nothing(ana, world):
    answer = await admitted(ana)
    before = await world.log.head()
    again = await ana.patch(
        f"/v1/people/{answer.json()['id']}", json=ADA, headers={"If-Match": "*"}
    )

    assert again.status_code == 200
    assert await world.log.head() == before


async def test_a_request_that_comes_twice_lets_in_one_person(ana):
    retry = {"Idempotency-Key": "let-ada-in"}
    first, second = [await ana.post("/v1/people", json=ADA, headers=retry) for _ in range(2)]

    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"


async def test_new_roles_hold_for_the_next_request_of_a_key(ana, ben, world):
    version = (await ana.get("/v1/people/ben")).headers["etag"]
    answer = await ana.patch(
        "/v1/people/ben", json={"roles": ["compliance"]}, headers={"If-Match": version}
    )
    await world.settled()
    me = (await ben.get("/v1/whoami")).json()

    assert answer.status_code == 200
    assert (me["roles"], "billing:write" in me["permissions"]) == (["compliance"], False)


async def test_someone_who_leaves_can_do_nothing_any_more(ana, ben, world):
    gone = await ana.delete("/v1/people/ben")
    await world.settled()

    assert gone.status_code == 200
    assert (await ben.get("/v1/whoami")).status_code == 401
    assert (await shown(ana, gone, "ben")).json()["code"] == "person_unknown"


async def test_the_last_admin_stays(ana):
    answers = [
        await ana.delete("/v1/people/ana"),
        await ana.patch("/v1/people/ana", json={"roles": []}, headers={"If-Match": "*"}),
    ]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(409, "last_admin")] * 2


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"email": "nowhere"}, "/email"),
        ({"roles": "admin"}, "/roles"),
        ({"roles": ["king"]}, "/roles"),
        ({"person": "ada"}, "/person"),
    ],
)
async def test_each_wrong_field_is_named(ana, wrong, pointer):
    answer = await ana.post("/v1/people", json={**ADA, **wrong})

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_people_are_listed_part_by_part(ana):
    last = None
    for number in range(3):
        last = await admitted(ana, name=f"Person {number}")
    seen, cursor = [], None
    while True:
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        part = (await ana.get("/v1/people", params=params, headers=asking_for(last))).json()
        seen += [person["id"] for person in part["items"]]
        if (cursor := part["next"]) is None:
            break

    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen)


async def test_who_could_approve_on_that_day_is_told_by_history(ana, world):
    before = (await world.log.after(0, limit=1000))[-1].recorded_at.isoformat()
    gone = await ana.delete("/v1/people/ben")

    async def approvers(**params):
        question = {"permission": "campaign:approve", **params}
        answer = await ana.get("/v1/people", params=question, headers=asking_for(gone))
        assert answer.status_code == 200, answer.text
        return [person["id"] for person in answer.json()["items"]]

    assert await approvers() == ["ana"]
    assert await approvers(as_of=before) == ["ana", "ben"]


@pytest.mark.parametrize(
    ("question", "status", "code"),
    [
        ({"as_of": "1999-01-01T00:00:00Z"}, 404, "tenant_unknown"),
        ({"as_of": "2026-03-02T00:00:00"}, 400, "malformed_request"),
        ({"as_of": "yesterday"}, 400, "malformed_request"),
        ({"permission": "campaign:burn"}, 400, "malformed_request"),
    ],
)
async def test_a_question_about_no_day_or_no_permission_is_declined(ana, question, status, code):
    answer = await ana.get("/v1/people", params=question)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_two_who_change_the_same_person_at_once_do_not_undo_each_other(world):
    async with world.client(ANA) as one, world.client(BEN) as other:
        version = (await one.get("/v1/people/ben")).headers["etag"]
        asked = {"json": {"roles": ["manager"]}, "headers": {"If-Match": version}}
        answer = await one.patch("/v1/people/ben", **asked)
        late = await one.patch(
            "/v1/people/ben", json={"roles": ["admin"]}, headers=asked["headers"]
        )
        denied = await other.patch("/v1/people/ben", **asked)

    assert (answer.status_code, late.status_code, denied.status_code) == (200, 412, 403)
