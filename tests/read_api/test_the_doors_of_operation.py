import json

from tests.api_world import BRIEF


async def test_a_living_process_says_so_without_a_key(stranger):
    assert (await stranger.get("/healthz")).json() == {"status": "ok"}


async def test_readiness_names_what_it_waits_for(stranger, world):
    ready = await stranger.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")

    world.engines.states["views"] = "Redis does not answer."
    waiting = await stranger.get("/readyz")
    assert waiting.status_code == 503
    assert waiting.json()["dependencies"]["views"] == "Redis does not answer."


async def test_requests_are_counted_by_route_and_never_by_id(ana, stranger):
    await ana.get("/v1/campaigns/one")
    await ana.get("/v1/campaigns/two")
    await stranger.get("/nowhere/at-all")
    text = (await stranger.get("/metrics")).text

    assert (
        'cx_api_requests_total{method="GET",route="/v1/campaigns/{campaign}",status="404"} 2.0'
        in text
    )
    assert "at-all" not in text
    assert 'cx_api_request_seconds_count{method="GET",route="(none)",status="404"} 1.0' in text


async def test_a_harmful_request_id_is_replaced(stranger):
    for harmful in ("a" * 65, "<script>", "two words"):
        answer = await stranger.get("/healthz", headers={"X-Request-ID": harmful})
        assert answer.headers["x-request-id"] not in {harmful, ""}


async def test_what_is_not_there_is_a_problem_too(stranger):
    answer = await stranger.get("/v2/everything")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_wrong_method_is_told_the_right_ones(stranger):
    answer = await stranger.delete("/v1/campaigns")

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))


async def test_metrics_out_of_reach_ask_to_come_back(ana):
    answer = await ana.get("/api/metrics/conversion-rates?startDate=2026-01-01&endDate=2026-01-31")

    assert (answer.status_code, answer.json()["code"]) == (503, "try_again")
    assert answer.headers["retry-after"] == "1"


async def test_a_mistake_of_ours_tells_nothing_but_where_to_look(ana, world):
    world.engines.states = {"log": {1, 2}, "views": object()}
    answer = await ana.get("/readyz")

    assert (answer.status_code, answer.json()["code"]) == (500, "our_mistake")
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "object" not in answer.text


async def test_every_answer_forbids_scripts_from_elsewhere(stranger):
    for place in ("/sign-in", "/docs", "/problems", "/healthz", "/nowhere"):
        policy = (await stranger.get(place)).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy


async def test_the_document_describes_every_route_and_its_body(stranger):
    document = (await stranger.get("/openapi.json")).json()
    paths = document["paths"]

    assert document["openapi"].startswith("3.1")
    for action in ("submit", "approve", "reject", "request-changes", "schedule", "go-live",
                   "pause", "resume", "complete", "archive"):  # fmt: skip
        assert "post" in paths[f"/v1/campaigns/{{campaign}}/{action}"]
    body = paths["/v1/campaigns"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"] == {"$ref": "#/components/schemas/Brief"}
    assert set(BRIEF) <= set(document["components"]["schemas"]["Brief"]["properties"])
    names = {told["operationId"] for methods in paths.values() for told in methods.values()}
    assert len(names) == sum(len(methods) for methods in paths.values())


async def test_the_documents_references_all_lead_somewhere(stranger):
    document = (await stranger.get("/openapi.json")).json()
    pointed = {
        part.split('"')[0] for part in json.dumps(document).split("#/components/schemas/")[1:]
    }

    assert pointed <= set(document["components"]["schemas"])


async def test_the_documents_example_is_accepted_as_it_stands(ana, stranger):
    document = (await stranger.get("/openapi.json")).json()
    told = document["paths"]["/v1/campaigns"]["post"]["requestBody"]["content"]
    answer = await ana.post("/v1/campaigns", json=told["application/json"]["example"])

    assert answer.status_code == 201, answer.text
