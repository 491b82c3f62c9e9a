import asyncio

from tests.api_world import BRIEF, created

ONCE = {"Idempotency-Key": "order-66"}


async def test_the_same_key_and_body_answer_the_same_and_happen_once(ana, world):
    first = await ana.post("/v1/campaigns", json=BRIEF, headers=ONCE)
    again = await ana.post("/v1/campaigns", json=BRIEF, headers=ONCE)

    assert again.json() == first.json()
    assert (first.status_code, again.status_code) == (201, 201)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    await world.settled()
    assert len((await ana.get("/v1/campaigns")).json()["items"]) == 1


async def test_the_same_key_with_another_body_is_refused(ana):
    await ana.post("/v1/campaigns", json=BRIEF, headers=ONCE)
    answer = await ana.post("/v1/campaigns", json={**BRIEF, "name": "Other"}, headers=ONCE)

    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")


async def test_the_same_key_belongs_to_each_tenant_alone(ana, rita):
    first = await ana.post("/v1/campaigns", json=BRIEF, headers=ONCE)
    other = await rita.post("/v1/campaigns", json={**BRIEF, "name": "Other"}, headers=ONCE)

    assert other.status_code == 201
    assert other.json()["id"] != first.json()["id"]


async def test_two_at_once_with_one_key_happen_once(ana):
    answers = await asyncio.gather(
        *(ana.post("/v1/campaigns", json=BRIEF, headers=ONCE) for _ in range(8))
    )

    done = [answer for answer in answers if answer.status_code == 201]
    waiting = [answer for answer in answers if answer.status_code == 409]
    assert len({answer.json()["id"] for answer in done}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in done) == 1
    assert {answer.json()["code"] for answer in waiting} <= {"request_under_way"}
    assert {answer.headers["retry-after"] for answer in waiting} <= {"1"}
    assert len(done) + len(waiting) == 8


async def test_a_retried_step_is_replayed_with_its_own_result(ana, ben):
    campaign = await created(ana)
    await ana.post(f"/v1/campaigns/{campaign}/submit", headers=ONCE)
    await ben.post(f"/v1/campaigns/{campaign}/reject")
    again = await ana.post(f"/v1/campaigns/{campaign}/submit", headers=ONCE)

    assert (again.json()["version"], again.headers["idempotent-replayed"]) == (2, "true")


async def test_an_endless_key_is_refused(ana):
    for key in ("x" * 256, "", "with space"):
        answer = await ana.post("/v1/campaigns", json=BRIEF, headers={"Idempotency-Key": key})
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_malformed")
