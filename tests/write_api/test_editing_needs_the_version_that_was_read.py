import pytest

from tests.api_world import created, seen


async def test_an_edit_with_the_right_version_replaces_only_what_it_names(ana):
    campaign = await created(ana)
    answer = await ana.patch(
        f"/v1/campaigns/{campaign}", json={"name": "Summer sale"}, headers={"If-Match": '"1"'}
    )

    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    card = (await seen(ana, answer)).json()
    assert (card["name"], card["advertiser"]) == ("Summer sale", "Shop")


async def test_an_edit_without_a_version_is_not_taken(ana):
    campaign = await created(ana)
    answer = await ana.patch(f"/v1/campaigns/{campaign}", json={"name": "Summer sale"})

    assert (answer.status_code, answer.json()["code"]) == (428, "if_match_required")


async def test_a_stale_version_is_refused_and_told_the_current_one(ana):
    campaign = await created(ana)
    address, stale = f"/v1/campaigns/{campaign}", {"If-Match": '"1"'}
    await ana.patch(address, json={"name": "First"}, headers=stale)
    answer = await ana.patch(address, json={"name": "Second"}, headers=stale)

    assert (answer.status_code, answer.json()["code"]) == (412, "stale_version")
    assert answer.json()["version"] == 2


async def test_a_workflow_step_heeds_if_match_too(ana):
    campaign = await created(ana)
    answer = await ana.post(f"/v1/campaigns/{campaign}/submit", headers={"If-Match": '"7"'})

    assert answer.status_code == 412


@pytest.mark.parametrize("tag", ["3", 'W/"3"', '"three"', '"1", "2"', ""])
async def test_a_malformed_version_is_named(ana, tag):
    campaign = await created(ana)
    answer = await ana.patch(
        f"/v1/campaigns/{campaign}", json={"name": "x"}, headers={"If-Match": tag}
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "if_match_malformed")


async def test_an_edit_after_approval_voids_it(ana, ben):
    campaign = await created(ana)
    await ana.post(f"/v1/campaigns/{campaign}/submit")
    approved = await ben.post(f"/v1/campaigns/{campaign}/approve")
    read = {"If-Match": approved.headers["etag"]}
    answer = await ana.patch(f"/v1/campaigns/{campaign}", json={"name": "Changed"}, headers=read)

    assert (await seen(ana, answer)).json()["stage"] == "draft"
