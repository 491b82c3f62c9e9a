import pytest

from tests.api_world import BRIEF, created, moved, seen

RULES = "/v1/approval-rules"
BRAND = {"role": "compliance", "channels": ["video"], "creative_review": True}


async def rule(client, name, *, after=None):
    token = {"X-Consistency-Token": str(after.json()["position"])} if after else {}
    return await client.get(f"{RULES}/{name}", headers=token)


async def test_the_seeded_rules_hold_from_the_beginning(ana):
    answer = await ana.get(RULES)

    assert [each["name"] for each in answer.json()["items"]] == [
        "high_budget",
        "regulated",
        "standard",
    ]
    standard = (await rule(ana, "standard")).json()
    assert (standard["role"], standard["min_approvals"]) == ("manager", 1)
    assert standard["auto_approve_below"] == {"micros": 1_000_000_000, "currency": "USD"}
    assert (await rule(ana, "high_budget")).json()["above"]["micros"] == 50_000_000_000


async def test_a_new_rule_is_created_and_says_where_it_is(ana):
    answer = await ana.put(f"{RULES}/brand", json=BRAND)

    assert (answer.status_code, answer.json()["id"]) == (201, "brand")
    assert answer.headers["location"] == f"{RULES}/brand"
    read = await rule(ana, "brand", after=answer)
    assert read.headers["etag"] == answer.headers["etag"]
    assert read.json() == {
        "name": "brand",
        "role": "compliance",
        "min_approvals": 1,
        "auto_approve_below": None,
        "above": None,
        "channels": ["video"],
        "creative_review": True,
        "legal_review": False,
        "enabled": True,
    }


async def test_a_rule_that_exists_is_replaced_only_by_whoever_read_it(ana):
    made = await ana.put(f"{RULES}/brand", json=BRAND)
    changed = {**BRAND, "min_approvals": 2}
    blind = await ana.put(f"{RULES}/brand", json=changed)
    stale = await ana.put(f"{RULES}/brand", json=changed, headers={"If-Match": '"1"'})
    right = await ana.put(
        f"{RULES}/brand", json=changed, headers={"If-Match": made.headers["etag"]}
    )

    assert (blind.status_code, blind.json()["code"]) == (428, "if_match_required")
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    assert right.status_code == 200
    assert (await rule(ana, "brand", after=right)).json()["min_approvals"] == 2


async def test_a_retry_of_what_was_created_is_answered_as_it_was(ana):
    key = {"Idempotency-Key": "brand-1"}
    first = await ana.put(f"{RULES}/brand", json=BRAND, headers=key)
    again = await ana.put(f"{RULES}/brand", json=BRAND, headers=key)

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"


async def test_what_was_read_can_be_sent_back(ana):
    read = await rule(ana, "standard")
    answer = await ana.put(
        f"{RULES}/standard",
        json={**read.json(), "enabled": False},
        headers={"If-Match": read.headers["etag"]},
    )
    other = await ana.put(f"{RULES}/brand", json={**BRAND, "name": "standard"})

    assert answer.status_code == 200, answer.text
    assert (await rule(ana, "standard", after=answer)).json()["enabled"] is False
    assert [error["pointer"] for error in other.json()["errors"]] == ["/name"]


async def test_a_removed_rule_is_gone_and_removed_again_in_silence(ana):
    made = await ana.put(f"{RULES}/brand", json=BRAND)
    stale = await ana.delete(f"{RULES}/brand", headers={"If-Match": '"1"'})
    gone = await ana.delete(f"{RULES}/brand", headers={"If-Match": made.headers["etag"]})

    assert stale.status_code == 412
    assert gone.status_code == 200
    answer = await rule(ana, "brand", after=gone)
    assert (answer.status_code, answer.json()["code"]) == (404, "approval_rule_unknown")
    assert (await ana.delete(f"{RULES}/brand")).json() == gone.json()
    never = await ana.delete(f"{RULES}/never")
    assert (never.status_code, never.json()["code"]) == (404, "approval_rule_unknown")


@pytest.mark.parametrize(
    ("name", "body", "pointers"),
    [
        ("brand", {}, ["/role"]),
        ("brand", {"role": "manager", "min_approvals": 0}, ["/min_approvals"]),
        ("brand", {"role": "manager", "min_approvals": 1.5}, ["/min_approvals"]),
        ("brand", {"role": "manager", "colour": "red"}, ["/colour"]),
        ("brand", {"role": "manager", "above": {"micros": -1, "currency": "usd"}},
         ["/above/currency", "/above/micros"]),
        ("brand", {"role": "admin", "channels": [""]}, ["/role", "/channels/0"]),
        ("Brand%20Safety", {"role": "manager"}, ["/name"]),
    ],
)  # fmt: skip
async def test_a_broken_rule_is_refused_naming_every_field(ana, name, body, pointers):
    answer = await ana.put(f"{RULES}/{name}", json=body)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers


async def test_rules_come_in_pages(ana):
    first = (await ana.get(RULES, params={"limit": 2})).json()
    rest = (await ana.get(RULES, params={"limit": 2, "cursor": first["next"]})).json()

    assert [each["name"] for each in first["items"] + rest["items"]] == [
        "high_budget",
        "regulated",
        "standard",
    ]
    assert rest["next"] is None


async def test_the_rules_of_one_agency_are_not_anothers(ana, rita):
    made = await ana.put(f"{RULES}/brand", json=BRAND)

    assert (await rule(rita, "brand", after=made)).status_code == 404
    assert (await rita.put(f"{RULES}/brand", json=BRAND)).status_code == 201


async def test_a_campaign_is_asked_what_the_rules_asked_when_it_was_submitted(ana, ben):
    await ana.put(f"{RULES}/brand", json=BRAND)
    campaign = await created(ana, channels=["video"])
    await moved(ana, campaign, "submit")
    gone = await ana.delete(f"{RULES}/brand")
    approved = await ben.post(f"/v1/campaigns/{campaign}/approve")
    card = (await seen(ben, approved)).json()

    assert gone.status_code == 200
    assert card["stage"] == "in_review"
    assert card["missing"] == [
        {"rule": "brand", "role": "compliance", "approvals": 0, "reviews": ["creative"]}
    ]
    vouched = await ben.post(f"/v1/campaigns/{campaign}/approve", json={"reviews": ["creative"]})
    card = (await seen(ben, vouched)).json()
    assert (card["stage"], card["missing"]) == ("approved", [])
    assert [asked["rule"] for asked in card["requirements"]] == ["standard", "brand"]


async def test_a_small_campaign_needs_nobody_and_a_colleagues_yes_changes_nothing(ana, ben):
    small = {"total": {"micros": 999_999_999, "currency": "USD"}}
    campaign = await created(ana, budget=small)
    submitted = await moved(ana, campaign, "submit")
    own = await ana.post(f"/v1/campaigns/{campaign}/approve")
    colleague = await ben.post(f"/v1/campaigns/{campaign}/approve")

    assert (await seen(ana, submitted)).json()["stage"] == "approved"
    assert (own.status_code, own.json()["code"]) == (403, "own_work_approved")
    assert (colleague.status_code, colleague.json()) == (200, submitted.json())
    steps = (await ana.get(f"/v1/campaigns/{campaign}/transitions")).json()["items"]
    assert [(step["action"], step["actor"]) for step in steps] == [
        ("draft", "ana"),
        ("submit", "ana"),
        ("approve", "rule:standard"),
    ]


async def test_an_approval_of_what_is_not_there_any_more_is_refused(ana, ben):
    campaign = await created(ana)
    card = (await seen(ana, await moved(ana, campaign, "submit"))).json()
    address = f"/v1/campaigns/{campaign}/approve"
    other = await ben.post(address, json={"content_hash": "0" * 64})
    broken = await ben.post(address, json={"content_hash": "abc"})
    stale = await ben.post(address, headers={"If-Match": '"1"'})
    right = await ben.post(address, json={"content_hash": card["content_hash"]})

    assert (other.status_code, other.json()["code"]) == (409, "content_changed")
    assert other.json()["details"]["current"] == card["content_hash"]
    assert [error["pointer"] for error in broken.json()["errors"]] == ["/content_hash"]
    assert stale.status_code == 412
    assert right.status_code == 200


async def test_only_an_approval_knows_of_reviews(ana, ben):
    campaign = await created(ana)
    await moved(ana, campaign, "submit")
    answer = await ben.post(f"/v1/campaigns/{campaign}/reject", json={"reviews": ["creative"]})
    unknown = await ben.post(f"/v1/campaigns/{campaign}/approve", json={"reviews": ["taste"]})

    assert [error["pointer"] for error in answer.json()["errors"]] == ["/reviews"]
    assert [error["pointer"] for error in unknown.json()["errors"]] == ["/reviews/0"]
    assert BRIEF["budget"]["total"]["micros"] >= 1_000_000_000
