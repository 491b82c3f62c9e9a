import pytest

from tests.api_world import BRIEF, created, moved, seen


async def test_an_unchanged_campaign_is_not_sent_again(ana):
    campaign = await created(ana)
    address = f"/v1/campaigns/{campaign}"
    first = await ana.get(address)
    again = await ana.get(address, headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"] == '"1"'


async def test_a_changed_campaign_is_sent_with_its_new_tag(ana):
    campaign = await created(ana)
    await seen(ana, await moved(ana, campaign, "submit"))
    answer = await ana.get(f"/v1/campaigns/{campaign}", headers={"If-None-Match": '"1"'})

    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')


async def test_lists_come_in_pages_newest_first_without_gaps(ana):
    made = [await created(ana, name=f"Campaign {number}") for number in range(7)]
    found, cursor = [], None
    while True:
        page = (
            await ana.get(
                "/v1/campaigns", params={"limit": 3} | ({"cursor": cursor} if cursor else {})
            )
        ).json()
        assert len(page["items"]) <= 3
        found += [card["id"] for card in page["items"]]
        if (cursor := page["next"]) is None:
            break

    assert found == made[::-1]


async def test_a_list_can_be_of_one_stage(ana):
    submitted, draft = await created(ana), await created(ana)
    await seen(ana, await moved(ana, submitted, "submit"))
    for stage, campaigns in (("in_review", [submitted]), ("draft", [draft]), ("live", [])):
        page = (await ana.get("/v1/campaigns", params={"stage": stage})).json()
        assert [card["id"] for card in page["items"]] == campaigns


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/limit"),
        ("limit=201", "/limit"),
        ("limit=many", "/limit"),
        ("stage=sleeping", "/stage"),
        ("cursor=" + "9" * 300, "/cursor"),
    ],
)
async def test_a_wrong_parameter_is_named(ana, query, pointer):
    answer = await ana.get(f"/v1/campaigns?{query}")

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_cursor_of_somewhere_else_is_refused(ana):
    answer = await ana.get("/v1/campaigns?cursor=yesterday")

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


async def test_a_read_waits_for_what_was_written_and_says_when_it_cannot(ana):
    answer = await ana.post("/v1/campaigns", json=BRIEF)
    assert "x-stale" not in (await seen(ana, answer)).headers

    ahead = {"X-Consistency-Token": str(answer.json()["position"] + 1_000)}
    late = await ana.get("/v1/campaigns", headers=ahead)
    assert (late.status_code, late.headers["x-stale"]) == (200, "true")


async def test_approvals_are_those_the_caller_may_give(ana, ben, rita):
    for client in (ana, rita):
        await seen(client, await moved(client, await created(client), "submit"))

    mine = "/v1/approvals?approver=me"
    assert len((await ben.get(mine)).json()["items"]) == 1
    assert (await ana.get(mine)).json()["items"] == []
    assert (await rita.get(mine)).json()["items"] == []  # it is her own
