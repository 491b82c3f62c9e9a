import asyncio
import json

from ops.api_access_log import GATHERED_S
from tests.api_world import ANA

PATIENCE_S = 5.0


async def lines_of(capsys, request_id):
    """Return the access log's lines about a request, once they are written."""
    told = ""
    async with asyncio.timeout(PATIENCE_S):
        while request_id not in told:
            await asyncio.sleep(GATHERED_S)
            told += capsys.readouterr().err
    return [line for line in told.splitlines() if request_id in line]


async def test_a_request_is_one_line_with_its_route_and_time(ana, capsys):
    await ana.get("/v1/campaigns/any?secret=1", headers={"X-Request-ID": "line-1"})
    (line,) = await lines_of(capsys, "line-1")
    told = json.loads(line)

    assert (told["method"], told["route"], told["status"]) == (
        "GET",
        "/v1/campaigns/{campaign}",
        404,
    )
    assert told["ms"] >= 0
    assert told["timestamp"]


async def test_neither_keys_nor_queries_are_written_down(ana, capsys):
    await ana.get("/v1/campaigns?cursor=private", headers={"X-Request-ID": "line-2"})
    (line,) = await lines_of(capsys, "line-2")

    assert ANA not in line
    assert "private" not in line


async def test_no_line_names_a_person(ana, capsys):
    for number, path in enumerate(
        ("/v1/consent/maria", "/v1/consent/maria/odd", "/v1/loyalty/members/maria/history")
    ):
        await ana.get(path, headers={"X-Request-ID": f"person-{number}"})
        (line,) = await lines_of(capsys, f"person-{number}")
        assert "maria" not in line
