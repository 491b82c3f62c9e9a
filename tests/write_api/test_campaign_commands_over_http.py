from tests.api_world import BRIEF, OFFER, created, moved, seen


async def test_a_created_campaign_says_where_it_is_and_at_which_version(ana):
    answer = await ana.post("/v1/campaigns", json=BRIEF)

    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/campaigns/{answer.json()['id']}"
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["x-consistency-token"] == str(answer.json()["position"])
    assert set(answer.json()) == {"id", "version", "position"}


async def test_what_was_written_is_read_back_at_once(ana):
    card = await seen(ana, await ana.post("/v1/campaigns", json=BRIEF))

    assert card.status_code == 200
    assert "x-stale" not in card.headers
    read = card.json()
    assert (read["name"], read["stage"], read["author"]) == ("Spring sale", "draft", "ana")
    assert read["budget"]["total"] == BRIEF["budget"]["total"]
    assert read["offers"][0]["bid_cpm"] == OFFER["bid_cpm"]


async def test_a_campaign_goes_from_draft_to_archive_in_ten_kinds_of_steps(ana, ben):
    campaign = await created(ana)
    await moved(ana, campaign, "submit")
    await moved(ben, campaign, "request-changes")
    await moved(ana, campaign, "submit")
    await moved(ben, campaign, "reject")
    await moved(ana, campaign, "submit")
    await moved(ben, campaign, "approve")
    schedule = await ben.post(
        f"/v1/campaigns/{campaign}/schedule", json={"at": "2199-01-01T00:00:00Z"}
    )
    assert schedule.status_code == 200, schedule.text
    last = await moved(ben, campaign, "go-live", "pause", "resume", "complete", "archive")

    assert (await seen(ana, last)).json()["stage"] == "archived"


async def test_own_work_is_not_approved_and_the_answer_says_why(ana):
    campaign = await created(ana)
    await moved(ana, campaign, "submit")
    answer = await ana.post(f"/v1/campaigns/{campaign}/approve")

    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["detail"].endswith(".")
    assert problem["code"] in {"own_work_approved", "approver_needed"}
    assert problem["request_id"] == answer.headers["x-request-id"]


async def test_an_author_with_an_approving_role_still_needs_a_colleague(rita):
    campaign = await created(rita)
    await moved(rita, campaign, "submit")
    answer = await rita.post(f"/v1/campaigns/{campaign}/approve")

    assert answer.status_code == 403
    assert answer.json()["code"] == "own_work_approved"
    assert answer.json()["detail"] == (
        "Nobody approves their own work: ask a colleague who neither wrote nor last edited it."
    )


async def test_a_step_the_stage_does_not_allow_is_a_conflict(ana, ben):
    campaign = await created(ana)
    answer = await ben.post(f"/v1/campaigns/{campaign}/go-live")

    assert answer.status_code == 409
    assert answer.json()["code"] == "campaign_not_launchable"


async def test_another_tenants_campaign_does_not_exist(ana, rita):
    campaign = await created(ana)
    for answer in (
        await rita.get(f"/v1/campaigns/{campaign}"),
        await rita.get(f"/v1/campaigns/{campaign}/transitions"),
        await rita.get(f"/v1/budgets/{campaign}"),
        await rita.get(f"/v1/audit/streams/campaign-{campaign}"),
        await rita.post(f"/v1/campaigns/{campaign}/submit"),
        await rita.patch(
            f"/v1/campaigns/{campaign}", json={"name": "Mine"}, headers={"If-Match": '"1"'}
        ),
    ):
        assert answer.status_code == 404, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    assert (await rita.get("/v1/campaigns")).json()["items"] == []


async def test_a_comment_is_kept_beside_the_transition(ana, world):
    campaign = await created(ana)
    await ana.post(f"/v1/campaigns/{campaign}/submit", json={"comment": "Ready, I think"})
    await world.settled()
    steps = (await ana.get(f"/v1/campaigns/{campaign}/transitions")).json()["items"]

    assert [step["comment"] for step in steps][-1] == "Ready, I think"
    assert (steps[-1]["from"], steps[-1]["to"]) == ("draft", "in_review")
