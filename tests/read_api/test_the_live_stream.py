import asyncio
import itertools
import json

import httpx
import pytest
from granian.constants import Interfaces
from granian.server.embed import Server

from tests.api_world import ANA, BEN, RIVAL, created, moved
from tests.engines import free_port

PATIENCE_S = 10.0


@pytest.fixture
async def address(world):
    port = free_port()
    server = Server(
        world.app, address="127.0.0.1", port=port, interface=Interfaces.ASGI, log_enabled=False
    )
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(PATIENCE_S):
        for pause_s in itertools.repeat(0.01):
            if await answers(port):
                break
            await asyncio.sleep(pause_s)
    yield f"http://127.0.0.1:{port}"
    server.stop()
    await asyncio.wait_for(serving, PATIENCE_S)


async def answers(port):
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def messages(address, key, *, until, **asked):
    """Return the stream's messages as (event, id, content) until `until` holds of one."""
    headers = {"Authorization": f"Bearer {key}", **asked.pop("headers", {})}
    found, event, position = [], "", 0
    async with (
        asyncio.timeout(PATIENCE_S),
        httpx.AsyncClient(base_url=address, headers=headers) as client,
        client.stream("GET", "/live", params=asked) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                event = value
            elif name == "id":
                position = int(value)
            elif name == "data":
                found.append((event, position, json.loads(value)))
                if until(found[-1]):
                    return found
    raise AssertionError("the stream ended")


def of_stage(stage):
    return lambda message: message[0] == "card" and message[2]["stage"] == stage


async def test_a_card_is_told_with_the_position_that_moved_it(address, ana):
    campaign = await created(ana)
    answer = await moved(ana, campaign, "submit")
    start = answer.json()["position"] - 1
    told = await messages(address, ANA, until=of_stage("in_review"), after=start)

    assert told[-1][1] == answer.json()["position"]
    assert told[-1][2]["id"] == campaign


async def test_a_browser_that_comes_back_is_told_what_it_missed(world, address, ana):
    campaign = await created(ana)
    seen_to = await world.views.position("campaign_board")
    other = await created(ana, name="While away")
    await moved(ana, campaign, "submit")
    await world.settled()
    told = await messages(
        address, ANA, until=of_stage("in_review"), headers={"Last-Event-ID": str(seen_to)}
    )
    cards = [(position, content["id"]) for event, position, content in told if event == "card"]

    assert [card for _, card in cards] == [other, campaign]
    assert [position for position, _ in cards] == sorted(position for position, _ in cards)
    assert all(position > seen_to for position, _ in cards)


async def test_nobody_is_told_of_another_tenants_cards(world, address, ana, rita):
    await created(ana)
    await created(rita, name="Theirs")
    await world.settled()
    told = await messages(address, RIVAL, until=of_stage("draft"), after=0)

    assert [content["name"] for event, _, content in told if event == "card"] == ["Theirs"]


async def test_figures_out_of_reach_are_told_so(address):
    told = await messages(address, BEN, until=lambda message: message[0] == "figures")

    assert told[-1][2]["reachable"] is False


async def test_a_stranger_hears_nothing(stranger):
    answer = await stranger.get("/live")

    assert answer.status_code == 401
