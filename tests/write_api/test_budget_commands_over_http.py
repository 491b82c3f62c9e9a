from datetime import UTC, datetime, timedelta

import pytest

from adapters.clock import SystemClock
from commands.budget_allocation import BudgetAllocation
from commands.desk import Desk
from commands.notification import RaiseNotification, raise_notification
from commands.transact import Asking
from projections.metrics import Outcomes
from tests.api_world import ANA, Unplugged, created, running_world

USD = "USD"
NOTHING = Outcomes(
    impressions=0, clicks=0, conversions=0, registrations=0, revenue_micros={}, duplicates=0
)


class Counted(Unplugged):
    """Metrics of an installation where nothing was counted yet."""

    async def outcomes(self, *_):
        return NOTHING


@pytest.fixture
async def world():
    async with running_world(metrics=Counted()) as world:
        yield world


@pytest.fixture
async def ana(world):
    async with world.client(ANA) as client:
        yield client


@pytest.fixture
async def campaign(world, ana):
    campaign = await created(ana, budget={"total": usd(100)})
    await BudgetAllocation(Desk(world.log, SystemClock()), world.log).step()
    await world.settled()
    return campaign


def usd(units):
    return {"micros": units * 1_000_000, "currency": USD}


def soon(minutes=5):
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


async def budget_of(client, campaign, answer):
    token = {"X-Consistency-Token": str(answer.json()["position"])}
    return (await client.get(f"/v1/budgets/{campaign}", headers=token)).json()


async def reserve(client, campaign, units, name="r1", **headers):
    body = {"reservation": name, "amount": usd(units), "expires_at": soon()}
    return await client.post(f"/v1/budgets/{campaign}/reservations", json=body, headers=headers)


async def test_a_correction_and_a_refund_change_what_is_spent(ana, campaign):
    more = {"amount": usd(30), "reason": "A bill was missed"}
    answer = await ana.post(f"/v1/budgets/{campaign}/corrections", json=more)
    assert answer.status_code == 200, answer.text
    back = {"amount": usd(10), "reason": "Bots", "reference": "credit-1"}
    for _ in range(2):
        answer = await ana.post(f"/v1/budgets/{campaign}/refunds", json=back)
        assert answer.status_code == 200, answer.text
    budget = await budget_of(ana, campaign, answer)
    assert budget["spent_total"] == usd(20)
    assert budget["refunds"] == usd(10)
    assert budget["corrections"] == usd(30)
    other = await ana.post(f"/v1/budgets/{campaign}/refunds", json={**back, "amount": usd(11)})
    assert (other.status_code, other.json()["code"]) == (409, "reference_taken")


async def test_a_correction_retried_with_its_key_counts_once(ana, campaign):
    less = {"amount": usd(30), "reason": "r"}
    for _ in range(3):
        headers = {"Idempotency-Key": "correct-it"}
        answer = await ana.post(f"/v1/budgets/{campaign}/corrections", json=less, headers=headers)
        assert answer.status_code == 200
    assert (await budget_of(ana, campaign, answer))["spent_total"] == usd(30)


async def test_money_is_reserved_committed_and_released(ana, campaign):
    answer = await reserve(ana, campaign, 60)
    assert answer.status_code == 201, answer.text
    there = await ana.get(answer.headers["location"], headers=_token(answer))
    assert (there.status_code, there.json()["amount"]) == (200, usd(60))
    short = await reserve(ana, campaign, 41, "r2")
    assert (short.status_code, short.json()["code"]) == (409, "budget_short")
    assert short.json()["details"] == {"left_micros": "40000000", "currency": USD}
    await reserve(ana, campaign, 40, "r2")
    spent = await ana.post(
        f"/v1/budgets/{campaign}/reservations/r1/commit", json={"amount": usd(25)}
    )
    assert spent.status_code == 200
    freed = await ana.post(f"/v1/budgets/{campaign}/reservations/r2/release")
    assert freed.status_code == 200
    budget = await budget_of(ana, campaign, freed)
    assert (budget["spent_total"], budget["reserved"]) == (usd(25), usd(0))
    listed = await ana.get(f"/v1/budgets/{campaign}/reservations")
    assert listed.json() == {"items": [], "next": None}
    gone = await ana.get(answer.headers["location"])
    assert (gone.status_code, gone.json()["code"]) == (404, "reservation_unknown")


async def test_the_curve_is_changed_by_whoever_read_the_newest_one(ana, campaign):
    read = await ana.get(f"/v1/budgets/{campaign}")
    tag, pacing = read.headers["etag"], f"/v1/budgets/{campaign}/pacing"
    unread = await ana.put(pacing, json={"shape": "front_loaded"})
    assert (unread.status_code, unread.json()["code"]) == (428, "if_match_required")
    await reserve(ana, campaign, 1)  # money that moves meanwhile overwrites nothing
    first = await ana.put(pacing, json={"shape": "front_loaded"}, headers={"If-Match": tag})
    assert first.status_code == 200, first.text
    second = await ana.put(pacing, json={"shape": "even"}, headers={"If-Match": tag})
    assert (second.status_code, second.json()["code"]) == (412, "stale_version")
    budget = await budget_of(ana, campaign, first)
    assert budget["pacing_curve"] == {"shape": "front_loaded", "hours": []}
    profile = {"shape": "hour_profile", "hours": [1] * 23}
    wrong = await ana.put(pacing, json=profile, headers={"If-Match": first.headers["etag"]})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["pointer"] == "/hours"


async def test_campaigns_share_a_budget(ana, campaign):
    other, address = await created(ana, name="Other"), "/v1/shared-budgets/flowers"
    body = {"advertiser": "Shop", "total": usd(50), "campaigns": [campaign, other]}
    made = await ana.put(address, json=body)
    assert (made.status_code, made.headers["location"]) == (201, address), made.text
    assert (await reserve(ana, campaign, 40)).status_code == 201
    short = await reserve(ana, other, 11)
    assert short.json()["details"]["shared_budget"] == "flowers"
    unread = await ana.put(address, json={**body, "total": usd(60)})
    assert unread.status_code == 428
    changed = await ana.put(
        address, json={**body, "total": usd(60)}, headers={"If-Match": made.headers["etag"]}
    )
    assert changed.status_code == 200, changed.text
    last = await reserve(ana, other, 11)
    shown = await ana.get(address, headers=_token(changed))
    assert shown.headers["etag"] >= changed.headers["etag"]
    assert (shown.json()["total"], shown.json()["campaigns"]) == (
        usd(60),
        sorted([campaign, other]),
    )
    listed = await ana.get("/v1/shared-budgets", headers=_token(last))
    assert [item["id"] for item in listed.json()["items"]] == ["flowers"]
    budget = await budget_of(ana, other, last)
    assert (budget["shared_budgets"], budget["reserved"]) == (["flowers"], usd(11))


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("refunds", {"amount": usd(1), "reason": ""}, "/reason"),
        ("refunds", {"amount": {"micros": -1, "currency": USD}}, "/amount/micros"),
        ("corrections", {"amount": usd(1), "reason": "r", "on": "soon"}, "/on"),
        ("corrections", {"amount": {"micros": 1.5, "currency": USD}}, "/amount/micros"),
        ("reservations", {"reservation": "a/b", "amount": usd(1)}, "/reservation"),
        ("reservations", {"reservation": "a", "expires_at": "2026-03-02T09:00"}, "/expires_at"),
        ("reservations/x/commit", {"amount": 3}, "/amount"),
        ("reservations/x/release", {"why": 3}, "/why"),
    ],
)
async def test_wrong_fields_are_named(ana, campaign, path, body, pointer):
    answer = await ana.post(f"/v1/budgets/{campaign}/{path}", json=body)
    assert answer.status_code == 422, answer.text
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}


@pytest.mark.parametrize("micros", [10**19, 10**30, -(10**19)])
async def test_amounts_beyond_all_limits_are_refused(ana, campaign, micros):
    body = {"amount": {"micros": micros, "currency": USD}, "reason": "r"}
    answer = await ana.post(f"/v1/budgets/{campaign}/corrections", json=body)
    assert answer.status_code in {400, 422}


async def test_a_budget_nobody_has_is_unknown(ana):
    body = {"amount": usd(1), "reason": "r", "reference": "x"}
    answer = await ana.post("/v1/budgets/nobody/refunds", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "budget_unknown")
    assert (await ana.get("/v1/budgets/nobody/reservations")).status_code == 404
    assert (await ana.get("/v1/shared-budgets/none")).status_code == 404


async def test_another_agency_sees_and_moves_no_money_of_ours(rita, campaign):
    assert (await rita.get(f"/v1/budgets/{campaign}")).status_code == 404
    assert (await reserve(rita, campaign, 1)).status_code == 404
    body = {"advertiser": "Shop", "total": usd(50), "campaigns": [campaign]}
    wrong = await rita.put("/v1/shared-budgets/flowers", json=body)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "members_wrong")


async def test_a_notification_is_read_by_one_and_stays_unread_for_another(world, ana, ben):
    desk = Desk(world.log, SystemClock())
    asking = Asking.of_process("test", "n1", tenant="acme")
    command = RaiseNotification(
        notification="n1", about="budget-spring", topic="budget.exhausted", text="Gone."
    )
    await raise_notification(command, asking=asking, desk=desk)
    answer = await ana.post("/v1/notifications/n1/read")
    assert answer.status_code == 200, answer.text
    seen = [
        (await client.get("/v1/notifications", headers=_token(answer))).json()["items"]
        for client in (ana, ben)
    ]
    assert [[(item["kind"], item["read"]) for item in items] for items in seen] == [
        [("budget.exhausted", True)],
        [("budget.exhausted", False)],
    ]
    missing = await ana.post("/v1/notifications/other/read")
    assert (missing.status_code, missing.json()["code"]) == (404, "notification_unknown")
    bad = await ana.get("/v1/notifications?cursor=x")
    assert (bad.status_code, bad.json()["code"]) == (400, "bad_cursor")


def _token(answer):
    return {"X-Consistency-Token": str(answer.json()["position"])}
