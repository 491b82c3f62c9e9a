import pytest

from tests.api_world import BRIEF, OFFER

JSON = {"Content-Type": "application/json"}


def pointers(answer):
    return {error["pointer"] for error in answer.json()["errors"]}


async def test_every_wrong_field_is_named_at_once(ana):
    answer = await ana.post(
        "/v1/campaigns",
        json={
            "name": 7,
            "advertizer": "Shop",
            "channels": ["display", 3],
            "budget": {"total": {"micros": "many", "currency": "dollars"}, "weekly": 1},
            "starts_at": "soon",
            "targeting": {"sizes": [[300, 250], [1], "big"], "domains": {"allow": [None]}},
            "offers": [OFFER, {**OFFER, "id": 9, "colour": "red"}, "offer"],
        },
    )

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "fields_wrong"
    assert pointers(answer) == {
        "/name",
        "/advertizer",
        "/advertiser",
        "/channels/1",
        "/budget/total/micros",
        "/budget/total/currency",
        "/budget/weekly",
        "/starts_at",
        "/targeting/sizes/1",
        "/targeting/sizes/2",
        "/targeting/domains/allow/0",
        "/offers/1/id",
        "/offers/1/colour",
        "/offers/2",
    }


async def test_unknown_fields_are_refused_by_name(ana):
    answer = await ana.post("/v1/campaigns", json={**BRIEF, "a/b~c": 1})

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "/a~1b~0c", "message": "There is no such field"}]


async def test_business_rules_also_name_every_field(ana):
    offer = {**OFFER, "landing_url": "shop", "creative_url": "https://cdn.example/a.png"}
    answer = await ana.post(
        "/v1/campaigns", json={**BRIEF, "targeting": {"geo": ["XXX"]}, "offers": [offer]}
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "brief_invalid")
    assert {"/targeting/geo/0", "/offers/0/landing_url", "/offers/0"} <= pointers(answer)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "json_malformed"),
        (b'{"name": "\xff"}', "json_malformed"),
        (b'{"name": NaN}', "json_malformed"),
        (b"[" * 100_000, "json_malformed"),
        (b'{"x":' * 50_000 + b"1" + b"}" * 50_000, "json_malformed"),
        (b'{"name": "a"} {"name": "b"}', "json_malformed"),
    ],
)
async def test_what_is_not_json_is_a_bad_request(ana, body, code):
    answer = await ana.post("/v1/campaigns", content=body, headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"null", b"17"])
async def test_json_that_is_no_object_is_named(ana, body):
    answer = await ana.post("/v1/campaigns", content=body, headers=JSON)

    assert answer.status_code == 422
    assert pointers(answer) == {""}


async def test_an_empty_body_lacks_the_required_fields(ana):
    answer = await ana.post("/v1/campaigns")

    assert pointers(answer) == {"/name", "/advertiser", "/budget"}


async def test_only_json_is_taken(ana):
    for media in ("text/plain", "application/x-www-form-urlencoded", "application/xml", ""):
        answer = await ana.post(
            "/v1/campaigns", content=b'{"name": "a"}', headers={"Content-Type": media}
        )
        assert (answer.status_code, answer.json()["code"]) == (415, "media_type_unsupported")


async def test_a_body_without_end_is_cut_off(ana):
    answer = await ana.post("/v1/campaigns", content=b" " * 2_000_000, headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_a_number_written_as_text_is_not_a_number(ana):
    budget = {"total": {"micros": "100", "currency": "USD"}}
    answer = await ana.post("/v1/campaigns", json={**BRIEF, "budget": budget})

    assert pointers(answer) == {"/budget/total/micros"}


async def test_a_step_refuses_fields_it_does_not_know(ana):
    answer = await ana.post("/v1/campaigns/any/approve", json={"at": "2030-01-01T00:00:00Z"})

    assert pointers(answer) == {"/at"}


async def test_a_time_without_an_offset_is_not_a_time(ana):
    answer = await ana.post("/v1/campaigns/any/schedule", json={"at": "2030-01-01T00:00:00"})

    assert pointers(answer) == {"/at"}
