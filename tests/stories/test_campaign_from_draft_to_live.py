from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from tests.stories.actors import drafted, eventually, person, read, stepped

pytestmark = pytest.mark.engines


@pytest.fixture
def admin(platform):
    with person(platform, "admin_key") as client:
        yield client


@pytest.fixture
def approver(platform):
    with person(platform, "approver_key") as client:
        yield client


def test_a_colleague_approves_and_the_campaign_goes_live(admin, approver):
    campaign = drafted(admin)
    submitted = stepped(admin, campaign, "submit").json()["position"]
    pending = approver.get(
        "/v1/approvals?approver=me", headers={"X-Consistency-Token": str(submitted)}
    ).json()["items"]
    assert campaign in {card["id"] for card in pending}
    own = admin.post(f"/v1/campaigns/{campaign}/approve")
    last = stepped(approver, campaign, "approve", "go-live")

    assert own.status_code == 403
    assert own.json()["detail"].endswith(".")
    assert read(admin, last)["stage"] == "live"


def test_the_budget_of_a_new_campaign_is_allocated_within_a_moment(admin):
    campaign = drafted(admin)
    budget = eventually(
        lambda: admin.get(f"/v1/budgets/{campaign}").json(), lambda answer: answer["version"] == 1
    )

    assert budget["total"] == {"micros": 5_000_000_000, "currency": "USD"}
    assert budget["spent_total"] == {"micros": 0, "currency": "USD"}
    assert (budget["roas"], budget["cpm"], budget["alerts"]) == (None, None, [])


def test_every_write_is_read_by_whoever_shows_its_position(admin):
    for number in range(20):
        campaign = drafted(admin, name=f"Campaign {number}")
        answer = admin.patch(
            f"/v1/campaigns/{campaign}", json={"name": "Renamed"}, headers={"If-Match": '"1"'}
        )
        assert read(admin, answer)["name"] == "Renamed"


def test_the_history_replays_to_what_the_board_shows(admin, approver):
    campaign = drafted(admin)
    last = stepped(admin, campaign, "submit")
    last = stepped(approver, campaign, "approve", "go-live", "pause")
    stream = f"/v1/audit/streams/campaign-{campaign}"
    items = admin.get(stream).json()["items"]
    stages = [
        admin.get(stream, params={"at_version": item["version"]}).json()["state"]["stage"]
        for item in items
    ]
    steps = admin.get(
        f"/v1/campaigns/{campaign}/transitions",
        headers={"X-Consistency-Token": str(last.json()["position"])},
    ).json()["items"]

    assert stages == ["draft", "in_review", "in_review", "approved", "live", "paused"]
    assert [step["to"] for step in steps] == list(dict.fromkeys(stages))
    assert stages[-1] == read(admin, last)["stage"]
    assert admin.get("/v1/audit/verify").json()["intact"]


def test_fifty_clients_approve_at_once_and_it_counts_once(admin, approver):
    campaign = drafted(admin)
    stepped(admin, campaign, "submit")
    address = f"/v1/campaigns/{campaign}/approve"
    with ThreadPoolExecutor(50) as crowd:
        answers = list(crowd.map(lambda _: approver.post(address), range(50)))
    items = admin.get(f"/v1/audit/streams/campaign-{campaign}").json()["items"]

    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["version"] for answer in answers} == {4}
    assert [item["kind"].split(".")[1] for item in items] == [
        "drafted",
        "submitted",
        "approval_given",
        "approved",
    ]


def test_a_campaign_that_is_scheduled_goes_live_and_ends_by_itself(admin, approver):
    now = datetime.now(UTC)
    starts, ends = now + timedelta(seconds=2), now + timedelta(seconds=4)
    campaign = drafted(admin, starts_at=starts.isoformat(), ends_at=ends.isoformat())
    stepped(admin, campaign, "submit")
    stepped(approver, campaign, "approve", "schedule")
    eventually(
        lambda: admin.get(f"/v1/campaigns/{campaign}").json(),
        lambda card: card["stage"] == "completed",
    )
    steps = admin.get(f"/v1/campaigns/{campaign}/transitions").json()["items"]

    assert [(step["action"], step["actor"]) for step in steps[-2:]] == [
        ("go-live", "process:launch"),
        ("complete", "process:end"),
    ]
    assert datetime.fromisoformat(steps[-2]["at"]) >= starts
    assert datetime.fromisoformat(steps[-1]["at"]) >= ends
