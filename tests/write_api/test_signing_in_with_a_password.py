import asyncio

import pytest

CORRECT = "correct horse battery staple"
MAIL = "ada@agency.example"


async def invited(ana, *, email=MAIL, roles=("marketer",)):
    """Let Ada in and return her id and the token of her invitation."""
    person = {"name": "Ada Example", "email": email, "roles": list(roles)}
    ada = (await ana.post("/v1/people", json=person)).json()["id"]
    answer = await ana.post(f"/v1/people/{ada}/invitation")
    assert answer.status_code == 201, answer.text
    return ada, answer.json()["token"]


async def accepted(ana, stranger, **terms):
    ada, token = await invited(ana, **terms)
    answer = await stranger.post("/v1/auth/password", json={"token": token, "password": CORRECT})
    assert answer.status_code == 200, answer.text
    return ada


def grant(**changes):
    return {"tenant": "acme", "email": MAIL, "password": CORRECT, **changes}


async def signed_in(stranger, **changes):
    answer = await stranger.post("/v1/auth/token", json=grant(**changes))
    assert answer.status_code == 200, answer.text
    return answer.json()


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


async def whoami(stranger, token):
    return await stranger.get("/v1/whoami", headers=bearer(token))


async def kinds(world, category):
    events = await world.log.after(0, limit=10_000)
    return [e.kind.split(".")[1] for e in events if e.stream.startswith(f"{category}-")]


async def test_a_person_signs_in_with_the_password_they_chose(ana, stranger):
    ada = await accepted(ana, stranger)
    told = await signed_in(stranger)
    me = (await whoami(stranger, told["access_token"])).json()

    assert (me["person"], me["tenant"], me["roles"]) == (ada, "acme", ["marketer"])
    assert me["permissions"] == sorted(told["scope"].split())
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 600)


async def test_a_form_works_as_well_and_so_do_other_ways_to_write_the_address(ana, stranger):
    await accepted(ana, stranger)
    form = {"grant_type": "password", "username": " ADA@Agency.example ", "password": CORRECT}

    assert (await stranger.post("/v1/auth/token", data=form)).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "correct horse battery stable"},
        {"password": ""},
        {"email": "nobody@agency.example"},
        {"tenant": "rival"},
        {"tenant": "no such agency"},
    ],
)
async def test_whatever_is_wrong_is_answered_alike(ana, stranger, wrong):
    await accepted(ana, stranger)
    answer = await stranger.post("/v1/auth/token", json=grant(**wrong))
    problem = answer.json()

    assert (answer.status_code, problem["code"]) == (401, "sign_in_refused")
    assert problem["detail"].startswith("This does not let anybody in.")
    assert "www-authenticate" in answer.headers


async def test_ten_wrong_passwords_lock_and_fill_no_log(world, ana, stranger):
    await accepted(ana, stranger)
    for _ in range(14):
        await stranger.post("/v1/auth/token", json=grant(password="wrong" * 4))
    right = await stranger.post("/v1/auth/token", json=grant())

    assert right.status_code == 401
    assert (await kinds(world, "account"))[2:] == ["sign_in_failed"] * 10 + ["locked"]


async def test_trying_too_often_is_slowed_down(stranger):
    answers = [await stranger.post("/v1/auth/token", json=grant(email="x@y.z")) for _ in range(21)]

    assert answers[-1].json()["code"] == "too_many_attempts"
    assert int(answers[-1].headers["retry-after"]) >= 1


async def test_an_invitation_works_once_and_ends_with_the_next(ana, stranger):
    ada, first = await invited(ana)
    second = (await ana.post(f"/v1/people/{ada}/invitation")).json()["token"]
    codes = []
    for token in (first, second, second, "cxi_acme_nobody_" + "0" * 64, "nonsense"):
        body = {"token": token, "password": CORRECT}
        answer = await stranger.post("/v1/auth/password", json=body)
        codes.append(answer.json().get("code", answer.status_code))

    assert codes == ["invitation_invalid", 200, *["invitation_invalid"] * 3]


@pytest.mark.parametrize("weak", ["short", "a" * 40, f"my mail is {MAIL}", "x1y2z" * 60])
async def test_a_weak_password_is_not_set(ana, stranger, weak):
    _, token = await invited(ana)
    answer = await stranger.post("/v1/auth/password", json={"token": token, "password": weak})

    assert (answer.status_code, answer.json()["code"]) == (422, "password_weak")


async def test_nobody_invites_someone_mightier_than_themselves(world, ana):
    asked = {"name": "Boss", "email": "boss@agency.example", "roles": ["admin"]}
    boss = (await ana.post("/v1/people", json=asked)).json()["id"]
    key = (await ana.post("/v1/keys", json={"scopes": ["user:write"]})).json()["text"]
    await world.settled()
    async with world.client(key) as meek:
        answer = await meek.post(f"/v1/people/{boss}/invitation")

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_exceeded")


async def test_one_address_never_means_two_people(ana, stranger):
    await accepted(ana, stranger)
    twin = {"name": "Ada Twin", "email": MAIL.upper(), "roles": []}
    other = (await ana.post("/v1/people", json=twin)).json()["id"]
    answer = await ana.post(f"/v1/people/{other}/invitation")

    assert (answer.status_code, answer.json()["code"]) == (409, "login_taken")


async def test_changing_the_password_ends_all_other_sessions(ana, stranger):
    await accepted(ana, stranger)
    other, mine = (await signed_in(stranger))["access_token"], await signed_in(stranger)
    change = {"current": CORRECT, "password": "another horse entirely"}
    answer = await stranger.put(
        "/v1/auth/password", json=change, headers=bearer(mine["access_token"])
    )
    await asyncio.sleep(0.6)

    assert answer.status_code == 200
    assert (await whoami(stranger, mine["access_token"])).status_code == 200
    assert (await whoami(stranger, other)).status_code == 401
    assert (await stranger.post("/v1/auth/token", json=grant())).status_code == 401


async def test_a_wrong_current_password_changes_nothing(ana, stranger):
    await accepted(ana, stranger)
    token = (await signed_in(stranger))["access_token"]
    change = {"current": "not this one at all", "password": "another horse entirely"}
    answer = await stranger.put("/v1/auth/password", json=change, headers=bearer(token))

    assert (answer.status_code, answer.json()["code"]) == (403, "password_wrong")
    await signed_in(stranger)


async def test_the_record_says_who_signed_in_and_holds_neither_name_nor_password(
    world, ana, stranger
):
    ada = await accepted(ana, stranger)
    await signed_in(stranger)
    events = (await ana.get(f"/v1/audit/streams/account-{ada}")).json()["items"]
    whole = b"".join(e.data + e.stream.encode() for e in await world.log.after(0, limit=10_000))

    assert [e["kind"] for e in events] == [
        "account.invited.v1", "account.password_set.v1", "account.signed_in.v1",
    ]  # fmt: skip
    assert events[-1]["data"]["method"] == "password"
    assert not [said for said in (b"Ada", b"ada@", b"argon2", CORRECT.encode()) if said in whole]


async def test_who_left_is_out_at_once_and_new_roles_hold_for_live_tokens(ana, stranger):
    ada = await accepted(ana, stranger)
    token = (await signed_in(stranger))["access_token"]
    await ana.patch(f"/v1/people/{ada}", json={"roles": []}, headers={"If-Match": "*"})
    await asyncio.sleep(0.6)
    assert (await whoami(stranger, token)).json()["permissions"] == []
    await ana.delete(f"/v1/people/{ada}")
    await asyncio.sleep(0.6)

    assert (await whoami(stranger, token)).status_code == 401
    assert (await stranger.post("/v1/auth/token", json=grant())).status_code == 401


async def test_a_scope_narrows_a_token_and_never_widens_it(ana, stranger):
    await accepted(ana, stranger)
    told = await signed_in(stranger, scope="campaign:read user:write")
    unknown = await stranger.post("/v1/auth/token", json=grant(scope="everything"))

    assert told["scope"] == "campaign:read"
    assert (await whoami(stranger, told["access_token"])).json()["permissions"] == ["campaign:read"]
    assert (unknown.status_code, unknown.json()["code"]) == (422, "permission_unknown")
