LEGAL = {"permissions": ["campaign:approve", "campaign:read"]}


def waiting_for(answer):
    return {"X-Consistency-Token": str(answer.json()["position"])}


async def test_a_role_is_defined_read_and_given(ana, ben, world):
    defined = await ana.put("/v1/roles/legal", json=LEGAL)
    role = await ana.get("/v1/roles/legal", headers=waiting_for(defined))
    given = await ana.patch("/v1/people/ben", json={"roles": ["legal"]}, headers={"If-Match": "*"})
    await world.settled()

    assert (defined.status_code, defined.headers["location"]) == (201, "/v1/roles/legal")
    assert role.headers["etag"] == defined.headers["etag"]
    assert role.json() == {
        **LEGAL,
        "name": "legal",
        "built_in": False,
        "people": 0,
        "version": role.json()["version"],
    }
    assert given.status_code == 200
    assert (await ben.get("/v1/whoami")).json()["permissions"] == LEGAL["permissions"]
    assert (await ben.get("/v1/campaigns")).status_code == 200
    denied = await ben.get("/v1/people")
    assert (denied.status_code, denied.json()["code"]) == (403, "permission_missing")
    assert "user:read" in denied.json()["detail"]


async def test_a_role_is_overwritten_only_by_who_read_it(ana):
    defined = await ana.put("/v1/roles/legal", json=LEGAL)
    smaller = {"permissions": ["campaign:read"]}
    unread = await ana.put("/v1/roles/legal", json=smaller)
    read = {"If-Match": defined.headers["etag"]}
    changed = await ana.put("/v1/roles/legal", json=smaller, headers=read)
    stale = await ana.put("/v1/roles/legal", json=LEGAL, headers=read)
    nothing = await ana.put("/v1/roles/other", json=LEGAL, headers={"If-Match": '"2"'})

    assert [a.status_code for a in (unread, changed, stale, nothing)] == [428, 200, 412, 412]


async def test_built_in_roles_are_listed_and_stay(ana):
    listed = (await ana.get("/v1/roles")).json()["items"]
    answer = await ana.put("/v1/roles/admin", json=LEGAL)

    assert [role["name"] for role in listed] == [
        "admin", "marketer", "manager", "director", "compliance",
    ]  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (409, "role_built_in")
    assert (await ana.get("/v1/roles/king")).json()["code"] == "no_such_role"


async def test_a_role_that_somebody_holds_is_not_removed(ana):
    await ana.put("/v1/roles/legal", json=LEGAL)
    await ana.patch("/v1/people/ben", json={"roles": ["legal"]}, headers={"If-Match": "*"})
    held = await ana.delete("/v1/roles/legal")
    await ana.patch("/v1/people/ben", json={"roles": ["manager"]}, headers={"If-Match": "*"})
    removed = await ana.delete("/v1/roles/legal")
    again = await ana.delete("/v1/roles/legal")

    assert (held.status_code, held.json()["code"]) == (409, "role_in_use")
    assert removed.status_code == 200
    assert (again.status_code, again.json()["code"]) == (404, "no_such_role")


async def test_a_role_is_retried_with_its_key_and_not_told_that_it_exists(ana):
    retry = {"Idempotency-Key": "define-legal"}
    first, second = [await ana.put("/v1/roles/legal", json=LEGAL, headers=retry) for _ in range(2)]

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["idempotent-replayed"] == "true"
