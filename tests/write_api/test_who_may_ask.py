import pytest

from domain.tenant.permissions import Permission
from tests.api_world import EXCHANGE, SITE

PLACES = [
    ("GET", "/v1/whoami"),
    ("GET", "/v1/campaigns"),
    ("POST", "/v1/campaigns"),
    ("PATCH", "/v1/campaigns/x"),
    ("POST", "/v1/campaigns/x/approve"),
    ("GET", "/v1/audit/verify"),
    ("GET", "/api/metrics/bidding?startDate=2026-01-01&endDate=2026-01-02"),
]


@pytest.mark.parametrize(("method", "place"), PLACES)
async def test_strangers_are_asked_for_a_key(stranger, method, place):
    answer = await stranger.request(method, place)

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "credentials",
    ["", "Bearer", "Bearer ", "Bearer nobody", "Basic YW5hOmFuYQ==", f"Bearer {EXCHANGE}",
     f"Bearer {SITE}", "Bearer " + "x" * 10_000, "ana-key-0001", "Bearer a.b.c"],
)  # fmt: skip
async def test_only_api_keys_open_the_api(stranger, credentials):
    answer = await stranger.get("/v1/whoami", headers={"Authorization": credentials})

    assert answer.status_code == 401


async def test_a_key_says_whose_it_is(ana, ben):
    assert (await ana.get("/v1/whoami")).json() == {
        "tenant": "acme",
        "person": "ana",
        "roles": ["marketer", "admin"],
        "permissions": sorted(Permission),
        "key": "ana-key",
        "scopes": None,
        "expires_at": None,
        "rate_per_minute": None,
    }
    assert (await ben.get("/v1/whoami")).json()["person"] == "ben"


async def test_keys_do_not_appear_in_answers_or_in_the_record(ana, world):
    recorded = b"".join(event.data for event in await world.log.after(0, limit=100))

    assert b"ana-key-0001" not in recorded
    assert "ana-key-0001" not in (await ana.get("/v1/audit/streams/tenant-acme")).text
