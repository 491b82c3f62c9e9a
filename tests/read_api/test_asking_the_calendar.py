import pytest

from tests.api_world import created, moved, seen

FLIGHT = {"starts_at": "2027-03-01T00:00:00Z", "ends_at": "2027-03-10T00:00:00Z"}


async def found(client, first, last, **more):
    answer = await client.get("/v1/calendar", params={"from": first, "to": last, **more})
    assert answer.status_code == 200, answer.text
    return [flight["id"] for flight in answer.json()["items"]]


@pytest.mark.parametrize(
    ("first", "last", "touches"),
    [
        ("2027-02-01", "2027-02-28", False),
        ("2027-02-01", "2027-03-01", True),
        ("2027-03-05", "2027-03-05", True),
        ("2027-03-09", "2027-03-09", True),
        ("2027-03-10", "2027-04-01", False),
        ("0001-01-01", "9999-12-31", True),
        ("2027-03-09T23:59:59Z", "2027-03-10T12:00:00Z", True),
        ("2027-03-10T00:00:00Z", "2027-03-10T12:00:00Z", False),
        ("2027-02-01T00:00:00Z", "2027-03-01T00:00:00Z", False),
    ],
)
async def test_flights_that_touch_the_days_are_found(ana, first, last, touches):
    campaign = await created(ana, **FLIGHT)
    undated = await created(ana)
    ids = await found(ana, first, last)

    assert (campaign in ids) == touches
    assert undated not in ids


async def test_a_flight_says_what_a_calendar_shows(ana):
    campaign = await created(ana, **FLIGHT)
    last = await moved(ana, campaign, "submit")
    token = {"X-Consistency-Token": str(last.json()["position"])}
    answer = await ana.get("/v1/calendar?from=2027-03-01&to=2027-03-31", headers=token)
    (flight,) = answer.json()["items"]

    assert (flight["name"], flight["stage"]) == ("Spring sale", "in_review")
    assert (flight["starts_at"], flight["ends_at"]) == (FLIGHT["starts_at"], FLIGHT["ends_at"])
    assert "x-stale" not in answer.headers


async def test_the_calendar_comes_in_full_pages(ana):
    made = [
        await created(ana, starts_at=f"2027-03-0{day}T00:00:00Z", ends_at="2027-04-01T00:00:00Z")
        for day in (3, 1, 2)
    ]
    query = {"from": "2027-03-01", "to": "2027-03-31", "limit": 2}
    first = (await ana.get("/v1/calendar", params=query)).json()
    rest = (await ana.get("/v1/calendar", params={**query, "cursor": first["next"]})).json()

    assert [f["id"] for f in first["items"] + rest["items"]] == [made[1], made[2], made[0]]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("from=2027-03-02&to=2027-03-01", "/to"),
        ("from=tomorrow&to=2027-03-01", "/from"),
        ("from=2027-02-30&to=2027-03-01", "/from"),
        ("from=2027-03-01&to=2027-03-01T10:00:00", "/to"),
        ("from=2027-03-01&to=", "/to"),
        ("from=2027-03-01&to=2027-03-02&limit=0", "/limit"),
    ],
)
async def test_a_range_that_makes_no_sense_is_named(ana, query, pointer):
    answer = await ana.get(f"/v1/calendar?{query}")

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_missing_bound_is_asked_for(ana):
    assert (await ana.get("/v1/calendar?from=2027-03-02")).status_code == 400
    assert (await ana.get("/v1/calendar")).status_code == 400


async def test_a_cursor_of_somewhere_else_is_refused(ana):
    answer = await ana.get("/v1/calendar?from=2027-03-01&to=2027-03-02&cursor=yesterday")

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


async def test_another_agencys_calendar_stays_its_own(ana, rita):
    await seen(ana, await moved(ana, await created(ana, **FLIGHT), "submit"))

    assert await found(rita, "2027-03-01", "2027-03-31") == []
