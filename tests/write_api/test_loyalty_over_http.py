import asyncio
from urllib.parse import quote, unquote

import pytest

from tests.api_world import ANA, USD

MEMBERS = "/v1/loyalty/members"
MIA = f"{MEMBERS}/mia"
PROGRAMME = "/v1/loyalty/programme"
ASGI = {
    "type": "http", "method": "GET", "scheme": "http", "http_version": "1.1", "root_path": "",
    "query_string": b"", "client": ("x", 1), "server": ("x", 80), "asgi": {"version": "3.0"},
}  # fmt: skip
REWARD = {
    "member": "mia",
    "decision": "bid-1",
    "model_version": "colanet-7",
    "signal": 0.5,
    "reason": "clicked",
}
ODD = [
    "mia@example.com",
    "Mia Müller",
    "名前",
    "50% off?#;=&+",
    "%2e%2e",
    "a:b",
    "..mia",
    "x" * 256,
]


def dollars(units):
    return {"micros": units * 1_000_000, "currency": USD}


async def done(client, address, **body):
    """Ask for something that must succeed; return what a reader then waits for."""
    answer = await client.post(address, json=body)
    assert answer.status_code in {200, 201}, answer.text
    return {"X-Consistency-Token": str(answer.json()["position"])}


async def earned(client, purchase="p", units=100, **more):
    return await done(client, f"{MIA}/earn", purchase=purchase, amount=dollars(units), **more)


async def shown(client, token, member=MIA):
    answer = await client.get(member, headers=token)
    assert answer.status_code == 200, answer.text
    assert "x-stale" not in answer.headers
    return answer.json()


@pytest.fixture
async def mia(ana):
    await done(ana, MEMBERS, member="mia")
    return ana


async def test_a_member_is_enrolled_at_silver_and_found_where_the_answer_says(ana):
    answer = await ana.post(MEMBERS, json={"member": "mia"})
    receipt = answer.json()

    assert (answer.status_code, receipt["id"]) == (201, "mia")
    assert answer.headers["location"] == MIA
    member = await shown(ana, {"X-Consistency-Token": str(receipt["position"])})
    assert (member["id"], member["tier"], member["confirmed"]) == ("mia", "silver", True)
    assert (member["balance"], member["lifetime_stars"], member["qualifying_stars"]) == (0, 0, 0)
    assert member["next_tier"] == {
        "tier": "gold", "stars_missing": 500, "confirmation_missing": False,
    }  # fmt: skip
    assert (member["bid_multiplier"], member["version"]) == (1.05, receipt["version"])


async def test_enrolling_again_changes_nothing(mia):
    token = await done(mia, MEMBERS, member="mia")
    assert (await shown(mia, token))["version"] == 3


async def test_an_unconfirmed_member_is_basic_until_they_confirm(ana):
    await done(ana, MEMBERS, member="mia", confirmed=False)
    token = await earned(ana, units=600)
    member = await shown(ana, token)
    assert (member["tier"], member["balance"], member["bid_multiplier"]) == ("basic", 600, 1.0)
    assert member["next_tier"]["confirmation_missing"] is True
    refused = await ana.post(f"{MIA}/redeem", json={"redemption": "r", "stars": 1})
    assert (refused.status_code, refused.json()["code"]) == (409, "enrolment_unconfirmed")
    assert (await shown(ana, await done(ana, f"{MIA}/confirm")))["tier"] == "gold"


@pytest.mark.parametrize("name", ODD)
async def test_odd_names_travel_through_addresses_unchanged(ana, name):
    answer = await ana.post(MEMBERS, json={"member": name})
    address = answer.headers["location"]
    assert address == f"{MEMBERS}/{quote(name, safe='')}"
    token = await done(ana, f"{address}/earn", purchase="p", amount=dollars(7))
    member = await shown(ana, token, address)
    assert (member["id"], member["balance"]) == (name, 7)


@pytest.mark.parametrize("name", ["a/b", ".", "..", " a", "a\n", "é" * 129])
async def test_a_name_that_no_address_can_carry_is_refused(ana, name):
    answer = await ana.post(MEMBERS, json={"member": name})
    assert (answer.status_code, answer.json()["code"]) == (422, "member_name_invalid")


async def test_stars_are_earned_spent_and_given_back(mia):
    await earned(mia, "p", 100, digital=True)
    await earned(mia, "q", 10, referral=True, channel="app")
    token = await done(mia, f"{MIA}/redeem", redemption="gift", stars=130)
    member = await shown(mia, token)
    assert (member["balance"], member["lifetime_stars"]) == (10, 140)
    assert [(lot["purchase"], lot["stars"], lot["left"]) for lot in member["lots"]] == [
        ("q", 20, 10)
    ]
    token = await done(mia, f"{MIA}/cancel-redemption", redemption="gift")
    member = await shown(mia, token)
    assert [lot["left"] for lot in member["lots"]] == [120, 20]
    assert [(made["redemption"], made["cancelled"]) for made in member["redemptions"]] == [
        ("gift", True)
    ]
    token = await done(mia, f"{MIA}/refund", purchase="p", kept=dollars(50))
    assert (await shown(mia, token))["balance"] == 80


async def test_the_tier_follows_every_purchase(mia):
    member = await shown(mia, await earned(mia, "p", 499))
    assert (member["tier"], member["next_tier"]["stars_missing"]) == ("silver", 1)
    member = await shown(mia, await earned(mia, "q", 1))
    assert (member["tier"], member["bid_multiplier"]) == ("gold", 1.15)
    member = await shown(mia, await earned(mia, "r", 2_000))
    assert (member["tier"], member["next_tier"], member["bid_multiplier"]) == (
        "reserve", None, 1.3,
    )  # fmt: skip


async def test_the_history_is_paged_newest_first(mia):
    await earned(mia, "p", 600)
    token = await done(mia, f"{MIA}/redeem", redemption="gift", stars=100)
    seen, cursor = [], ""
    while cursor is not None:
        page = await mia.get(f"{MIA}/history?limit=2{cursor}", headers=token)
        body = page.json()
        assert len(body["items"]) <= 2
        seen += body["items"]
        cursor = body["next"] and f"&cursor={body['next']}"
    assert [line["kind"] for line in seen] == [
        "stars_redeemed", "tier_changed", "stars_earned", "tier_changed", "confirmed", "enrolled",
    ]  # fmt: skip
    assert [line.get("change", 0) for line in seen] == [-100, 0, 600, 0, 0, 0]
    assert (seen[1]["tier_before"], seen[1]["tier"], seen[1]["reason"]) == (
        "silver", "gold", "earned",
    )  # fmt: skip
    assert (seen[2]["purchase"], seen[2]["multiplier"], seen[2]["actor"]) == ("p", 1.0, "ana")
    bad = await mia.get(f"{MIA}/history?cursor=yesterday")
    assert (bad.status_code, bad.json()["code"]) == (400, "bad_cursor")


@pytest.mark.parametrize(
    ("step", "body", "status", "code"),
    [
        ("earn", {"purchase": "p", "amount": dollars(2)}, 409, "purchase_differs"),
        ("earn", {"purchase": "q", "amount": dollars(0)}, 422, "nothing_paid"),
        (
            "earn",
            {"purchase": "q", "amount": {"micros": 1, "currency": "EUR"}},
            422,
            "purchase_currency_wrong",
        ),
        ("redeem", {"redemption": "r", "stars": 101}, 409, "not_enough_stars"),
        ("cancel-redemption", {"redemption": "r"}, 404, "redemption_unknown"),
        ("refund", {"purchase": "q"}, 404, "purchase_unknown"),
        ("refund", {"purchase": "p", "kept": dollars(101)}, 409, "refund_grows"),
        ("earn", {}, 422, "fields_wrong"),
        ("earn", {"purchase": "p q", "amount": dollars(1)}, 422, "fields_wrong"),
        ("earn", {"purchase": "p", "amount": 5}, 422, "fields_wrong"),
        ("redeem", {"redemption": "r", "stars": 0}, 422, "fields_wrong"),
        ("redeem", {"redemption": "r", "stars": 1.5}, 422, "fields_wrong"),
        ("redeem", {"redemption": "r", "stars": True}, 422, "fields_wrong"),
        ("redeem", {"redemption": "r", "stars": 1, "free": 9}, 422, "fields_wrong"),
        ("confirm", {"by": "me"}, 422, "fields_wrong"),
    ],
)
async def test_what_does_not_fit_is_refused_with_a_reason(mia, step, body, status, code):
    token = await earned(mia, "p", 100)
    answer = await mia.post(f"{MIA}/{step}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert (await shown(mia, token))["balance"] == 100


@pytest.mark.parametrize("step", ["earn", "redeem", "cancel-redemption", "refund", "confirm"])
async def test_nobody_else_is_a_member(mia, rita, step):
    body = {
        "earn": {"purchase": "p", "amount": dollars(1)},
        "redeem": {"redemption": "r", "stars": 1},
        "cancel-redemption": {"redemption": "r"},
        "refund": {"purchase": "p"},
        "confirm": {},
    }[step]
    for client, member in ((mia, "leo"), (rita, "mia")):
        answer = await client.post(f"{MEMBERS}/{member}/{step}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "member_unknown")
    for address in (MIA, f"{MIA}/history"):
        assert (await rita.get(address)).status_code == 404


async def test_a_second_time_is_silent_and_another_version_is_refused(mia):
    await earned(mia, "p", 100)
    redeem = {"redemption": "r", "stars": 10}
    first = await mia.post(f"{MIA}/redeem", json=redeem, headers={"If-Match": '"4"'})
    again = await mia.post(f"{MIA}/redeem", json=redeem)
    stale = await mia.post(
        f"{MIA}/redeem", json={**redeem, "redemption": "s"}, headers={"If-Match": '"4"'}
    )
    assert first.headers["etag"] == again.headers["etag"] == '"5"'
    assert first.json() == again.json()
    assert (stale.status_code, stale.json()["version"]) == (412, 5)


async def test_a_key_makes_a_retry_safe(mia):
    once = {"Idempotency-Key": "till-4711"}
    body = {"purchase": "p", "amount": dollars(3)}
    first = await mia.post(f"{MIA}/earn", json=body, headers=once)
    again = await mia.post(f"{MIA}/earn", json=body, headers=once)
    other = await mia.post(f"{MIA}/earn", json={**body, "purchase": "q"}, headers=once)
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


async def test_fifty_tills_at_once_spend_no_star_twice(mia):
    await earned(mia, "p", 100)
    answers = await asyncio.gather(
        *(mia.post(f"{MIA}/redeem", json={"redemption": f"r{n}", "stars": 30}) for n in range(50))
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [409] * 47
    last = max(answer.json()["position"] for answer in answers if answer.status_code == 200)
    assert (await shown(mia, {"X-Consistency-Token": str(last)}))["balance"] == 10


async def test_the_rules_are_the_usual_ones_until_they_are_set(ana, mia):
    rules = await ana.get(PROGRAMME)
    assert rules.headers["etag"] == '"0"'
    programme = rules.json()["programme"]
    assert (programme["referral_percent"], programme["digital_percent"]) == (200, 120)
    assert programme["bid_percents"] == {"basic": 100, "silver": 105, "gold": 115, "reserve": 130}
    app = {"channel": "app", "percent": 300, "from": "2026-01-01T00:00:00Z"}
    new = {**programme, "channels": [app], "bid_percents": {"silver": 110}}
    answer = await ana.put(PROGRAMME, json=new, headers={"If-Match": '"0"'})
    assert answer.status_code == 200, answer.text
    token = {"X-Consistency-Token": str(answer.json()["position"])}
    assert (await ana.get(PROGRAMME, headers=token)).json()["programme"]["channels"] == [
        {**app, "until": None}
    ]
    token = await earned(mia, "p", 100, channel="app")
    member = await shown(mia, token)
    assert (member["balance"], member["bid_multiplier"]) == (300, 1.1)


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        ({}, {}, 428, "if_match_required"),
        ({"stacking": "sum"}, {"If-Match": "*"}, 422, "fields_wrong"),
        ({"referral_percent": 0}, {"If-Match": "*"}, 422, "fields_wrong"),
        ({"channels": [{"channel": "app"}]}, {"If-Match": "*"}, 422, "fields_wrong"),
        (
            {"channels": [{"channel": "app", "percent": 9, "from": "2026-01-01T00:00:00"}]},
            {"If-Match": "*"},
            422,
            "fields_wrong",
        ),
        (
            {
                "channels": [
                    {
                        "channel": "app",
                        "percent": 9,
                        "from": "2026-01-02T00:00:00Z",
                        "until": "2026-01-01T00:00:00Z",
                    }
                ]
            },
            {"If-Match": "*"},
            422,
            "programme_invalid",
        ),
    ],
)
async def test_rules_that_do_not_fit_are_refused(ana, body, headers, status, code):
    answer = await ana.put(PROGRAMME, json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_rules_changed_since_they_were_read_are_not_overwritten(ana, ben):
    first = await ana.put(PROGRAMME, json={"digital_percent": 150}, headers={"If-Match": '"0"'})
    second = await ben.put(PROGRAMME, json={"digital_percent": 110}, headers={"If-Match": '"0"'})
    third = await ben.put(PROGRAMME, json={"digital_percent": 110}, headers={"If-Match": '"1"'})
    assert (first.status_code, second.status_code, third.status_code) == (200, 412, 200)


async def test_a_reward_is_recorded_once_and_listed_by_model(mia):
    await done(mia, "/v1/loyalty/rewards", **REWARD)
    await done(mia, "/v1/loyalty/rewards", **REWARD)
    other = {**REWARD, "decision": "bid-2", "model_version": "colanet-8", "signal": -1}
    token = await done(mia, "/v1/loyalty/rewards", **other)
    listed = (await mia.get("/v1/loyalty/rewards?model_version=colanet-7", headers=token)).json()
    assert [(it["decision"], it["signal"]) for it in listed["items"]] == [("bid-1", 0.5)]
    page = (await mia.get("/v1/loyalty/rewards?limit=1")).json()
    rest = (await mia.get(f"/v1/loyalty/rewards?limit=1&cursor={page['next']}")).json()
    assert [it["decision"] for it in page["items"] + rest["items"]] == ["bid-2", "bid-1"]
    assert rest["next"] is None
    assert "mia" not in str(listed)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"signal": 1.01}, 422, "fields_wrong"),
        ({"signal": "good"}, 422, "fields_wrong"),
        ({"reason": "because of Mia"}, 422, "fields_wrong"),
        ({"decision": ""}, 422, "fields_wrong"),
        ({"member": "leo"}, 404, "member_unknown"),
        ({"signal": 0.4}, 409, "reward_differs"),
    ],
)
async def test_a_reward_that_does_not_fit_is_refused(mia, changes, status, code):
    await done(mia, "/v1/loyalty/rewards", **REWARD)
    answer = await mia.post("/v1/loyalty/rewards", json={**REWARD, **changes})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_an_auditor_follows_a_member_by_their_ref(mia):
    ref = (await shown(mia, await earned(mia)))["ref"]
    stream = await mia.get(f"/v1/audit/streams/member-{ref}")
    assert [event["kind"] for event in stream.json()["items"]] == [
        "member.enrolled.v1", "member.confirmed.v1", "member.tier_changed.v1",
        "member.stars_earned.v1",
    ]  # fmt: skip
    state = (await mia.get(f"/v1/audit/streams/member-{ref}?at_version=3")).json()["state"]
    assert (state["tier"], state["balance"]) == ("silver", 0)
    assert "mia" not in stream.text


async def test_a_reward_is_part_of_the_members_own_history(mia):
    await done(mia, "/v1/loyalty/rewards", **REWARD)
    token = await earned(mia)
    lines = (await mia.get(f"{MIA}/history", headers=token)).json()["items"]
    assert lines[1]["kind"] == "rewarded"
    assert (lines[1]["decision"], lines[1]["signal"]) == ("bid-1", 0.5)


@pytest.mark.parametrize("raw", [b"%ff%fe", b"%00", b"mia%20", b"%ed%a0%80", b"x" * 3_000])
async def test_bytes_that_are_nobodys_name_find_nobody(world, raw):
    """Servers differ in what they make of bytes that are no text, so each way is tried."""
    told = []

    async def send(message):
        told.append(message)

    for path in {unquote(raw.decode(), errors="surrogateescape"), unquote(raw.decode(), "latin1")}:
        scope = {
            **ASGI, "path": f"{MEMBERS}/{path}", "raw_path": raw,
            "headers": [(b"host", b"x"), (b"authorization", b"Bearer " + ANA.encode())],
        }  # fmt: skip
        await world.app(scope, None, send)
        assert told[-2]["status"] == 404
