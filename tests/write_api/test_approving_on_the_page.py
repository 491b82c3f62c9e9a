import re

import pytest

from tests.api_world import created, moved, seen

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "http://cx.example"}
CAREFUL = {"role": "manager", "channels": ["video"], "creative_review": True}


@pytest.fixture
async def campaign(ana):
    await ana.put("/v1/approval-rules/careful", json=CAREFUL)
    campaign = await created(ana, channels=["video"])
    await seen(ana, await moved(ana, campaign, "submit"))
    return campaign


async def read_hash(client, campaign):
    page = (await client.get(f"/campaigns/{campaign}")).text
    return re.search(r'name="content_hash" value="(\w+)"', page)[1]


async def stage(client, campaign, world):
    await world.settled()
    return (await client.get(f"/v1/campaigns/{campaign}")).json()["stage"]


async def press(client, campaign, action, **fields):
    return await client.post(f"/campaigns/{campaign}/{action}", data=fields, headers=FORM)


async def test_the_form_asks_to_vouch_for_what_is_missing(ben, campaign):
    page = (await ben.get(f"/campaigns/{campaign}")).text

    assert "I vouch for the creative review" in page
    assert "I vouch for the legal review" not in page


async def test_a_box_that_is_ticked_vouches(world, ben, campaign):
    read = await read_hash(ben, campaign)
    await press(ben, campaign, "approve", content_hash=read, comment="Fine.")
    assert await stage(ben, campaign, world) == "in_review"
    await press(ben, campaign, "approve", content_hash=read, creative="yes")
    assert await stage(ben, campaign, world) == "approved"


async def test_what_changed_while_it_was_read_is_not_approved(world, ana, ben, campaign):
    read = await read_hash(ben, campaign)
    edit = await ana.patch(
        f"/v1/campaigns/{campaign}", json={"name": "Other"}, headers={"If-Match": '"2"'}
    )
    await seen(ana, await moved(ana, campaign, "submit"))
    answer = await press(ben, campaign, "approve", content_hash=read, creative="yes")
    page = (await ben.get(answer.headers["location"])).text

    assert edit.status_code == 200
    assert await stage(ben, campaign, world) == "in_review"
    assert "What you read is not what is there now" in page


async def test_the_same_form_also_says_no(world, ben, campaign):
    read = await read_hash(ben, campaign)
    answer = await press(ben, campaign, "reject", content_hash=read, comment="Not yet.")

    assert answer.status_code == 303
    assert await stage(ben, campaign, world) == "rejected"
