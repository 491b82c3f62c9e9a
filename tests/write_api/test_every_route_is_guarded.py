"""Made from the table of routes, so that a new one cannot be forgotten."""

import re
from typing import NamedTuple

import pytest
import pytest_asyncio

from domain.tenant.permissions import SIGNED_IN, Permission
from ops.api_app import ROUTES
from ops.api_examples import EXAMPLES
from projections.catalogue import PROJECTIONS
from tests.api_world import ANA, RIVAL, created, running_world

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANYBODYS = {"event_type": "visit"}  # ids that belong to no tenant
# What only process managers make, and none runs in this world.
NOT_MADE_HERE = {"reservation": "r-1", "notification": "n-1"}
# Of whoever is not known nothing is known either, and that is an answer.
NOT_MISSED = {"/v1/consent/{subject:str}", "/v1/consent/{subject:str}/history"}
NOTHING_YET = {
    "/v1/audit/anchor",
    "/v1/budgets/{campaign:str}/reservations",
    "/v1/budgets/{campaign:str}/reservations/{reservation:str}",
}
ENDLESS = "/live"
OUT_OF_REACH = 503  # what asks ClickHouse, which this world has not
SECRETS = ("Spring sale", "Tulips and Sons", "Ada Example", "A claim at court")  # Acme's own
PUBLIC = {
    "/assets/{name:str}", "/docs", "/healthz", "/catalog", "/catalog.json",
    "/metrics", "/openapi.json", "/problems", "/readyz",
    "/sign-in", "/sign-out", "/.well-known/jwks.json", "/v1/auth/token", "/v1/auth/refresh",
    "/v1/auth/oidc/{provider:str}/login", "/v1/auth/oidc/{provider:str}/callback",
    "/v1/auth/saml/{provider:str}/login", "/v1/auth/saml/{provider:str}/acs",
    "/v1/auth/saml/{provider:str}/finish", "/v1/auth/saml/{provider:str}/metadata",
    "/sign-in/password", "/v1/auth/revoke", "/v1/auth/password",
}  # fmt: skip
TULIPS = {"name": "Tulips and Sons", "currency": "EUR", "time_zone": "Europe/Berlin"}
MIA = "mia at acme"
POOL = {"advertiser": "tulips", "total": {"micros": 1_000_000, "currency": "EUR"}}
MAIL, PASSWORD = "ada@acme.example", "a password for one test"
ADA = {"name": "Ada Example", "email": MAIL, "roles": ["manager"]}
RULE = {"role": "manager", "min_approvals": 1}


class Route(NamedTuple):
    method: str
    template: str
    permission: str | None
    page: bool
    body: object

    @property
    def parameters(self):
        return re.findall(r"\{(\w+)", self.template)

    def path(self, ids):
        return re.sub(r"\{(\w+):?\w*\}", lambda found: ids[found[1]], self.template)


def routes():
    for handler in ROUTES:
        for template in sorted(handler.paths):
            for method in sorted(handler.http_methods):
                last = template.rpartition("/")[2]
                wanted = handler.opt["permission"]
                body = handler.opt.get("body") or handler.opt.get("bodies", {}).get(last)
                yield Route(
                    method,
                    template,
                    wanted[last] if isinstance(wanted, dict) else wanted,
                    bool(handler.opt.get("page")),
                    EXAMPLES.get(body, {}) if body else None,
                )


ALL = list(routes())
GUARDED = [route for route in ALL if route.permission is not None]
NEEDY = [route for route in GUARDED if route.permission != SIGNED_IN]
# What is read comes first: a PUT of another tenant rightly makes something of its own.
ADDRESSED = sorted(
    (route for route in GUARDED if set(route.parameters) - set(ANYBODYS)),
    key=lambda route: route.method != "GET",
)
READS = [route for route in GUARDED if route.method == "GET" and route.template != ENDLESS]


def over(chosen):
    return pytest.mark.parametrize(
        "route", chosen, ids=[f"{route.method} {route.template}" for route in chosen]
    )


class Town(NamedTuple):
    """Acme with one of everything, and a key for each permission's absence and presence."""

    world: object
    ids: dict[str, str]
    without: dict[str, str]
    only: dict[str, str]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def town():
    views = tuple(PROJECTIONS.values())
    async with running_world(projections=views) as world, world.client(ANA) as ana:
        ids = await furnished(ana)
        keys = {}
        for permission in Permission:
            others = [other for other in Permission if other != permission]
            keys[permission] = (await key(ana, others), await key(ana, [permission]))
        await world.settled()
        without, only = ({p: pair[side] for p, pair in keys.items()} for side in (0, 1))
        yield Town(world, ids, without, only)


async def furnished(ana):
    """Return the id of one of everything that addresses can name."""
    campaign = await created(ana)
    answers = [
        await ana.put("/v1/advertisers/tulips", json=TULIPS),
        await ana.put("/v1/roles/legal", json={"permissions": ["campaign:read"]}),
        await ana.put("/v1/approval-rules/house", json=RULE),
        await ana.post("/v1/people", json=ADA),
        await ana.post("/v1/loyalty/members", json={"member": MIA}),
        await ana.post("/v1/privacy/requests", json={"subject": MIA, "kind": "access"}),
        await ana.post("/v1/privacy/holds", json={"subject": MIA, "reason": "A claim at court"}),
        await ana.put("/v1/shared-budgets/pool", json=POOL),
    ]
    assert [answer.status_code for answer in answers] == [201] * len(answers), answers
    chosen = await ana.put(f"/v1/consent/{MIA}", json={"purposes": ["analytics"]})
    assert chosen.status_code in {200, 201}, chosen.text
    return {
        **ANYBODYS,
        **NOT_MADE_HERE,
        "campaign": campaign,
        "banner_tag": campaign,
        "person": answers[3].json()["id"],
        "role": "legal",
        "key": "ana-key",
        "advertiser": "tulips",
        "stream": "tenant-acme",
        "name": "house",
        "member": MIA,
        "subject": MIA,
        "privacy_request": answers[5].json()["id"],
        "hold": answers[6].json()["id"],
        "shared_budget": "pool",
        "cause": (await ana.get(f"/v1/audit/streams/campaign-{campaign}")).json()["items"][0][
            "command_id"
        ],
        "session": await session_of(ana, answers[3].json()["id"]),
    }


async def session_of(ana, person):
    """Return a session of somebody who was invited and signed in."""
    token = (await ana.post(f"/v1/people/{person}/invitation")).json()["token"]
    await ana.post("/v1/auth/password", json={"token": token, "password": PASSWORD})
    known = {"tenant": "acme", "email": MAIL, "password": PASSWORD}
    return (await ana.post("/v1/auth/token", json=known)).json()["session"]


async def key(ana, scopes):
    answer = await ana.post("/v1/keys", json={"scopes": scopes})
    assert answer.status_code == 201, answer.text
    return answer.json()["text"]


async def asked(world, caller, route, ids):
    """Ask a route as its own example would, ready to overwrite whatever is there."""
    async with world.client(caller) as client:
        kwargs = {"headers": {"If-Match": "*"}}
        if route.method == "GET":
            dates = {"startDate": "2026-01-01", "endDate": "2026-01-02", "approver": "me"}
            kwargs["params"] = {**dates, "from": "2026-01-01", "to": "2026-12-31"}
        elif route.body is not None:
            kwargs["json"] = route.body
        return await client.request(route.method, route.path(ids), **kwargs)


async def acmes(world):
    return [e for e in await world.log.after(0, limit=10_000) if e.tenant == "acme"]


async def test_there_are_routes_to_speak_of():
    assert len(GUARDED) > 40


async def test_what_is_public_is_few_and_named():
    public = {route.template for route in ALL if route.permission is None}
    assert public <= PUBLIC, public - PUBLIC


async def test_every_kind_of_id_in_an_address_is_one_that_acme_has(town):
    wanted = {name for route in GUARDED for name in route.parameters}
    assert wanted <= set(town.ids), "say in `furnished` how to get one"


@over(GUARDED)
async def test_a_stranger_is_not_admitted(town, route):
    answer = await asked(town.world, None, route, town.ids)

    if route.page:
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    else:
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@over(NEEDY)
async def test_a_key_that_lacks_only_this_permission_is_not_admitted(town, route):
    before = len(await acmes(town.world))
    answer = await asked(town.world, town.without[route.permission], route, town.ids)

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")
    assert route.permission in answer.json()["detail"]
    assert len(await acmes(town.world)) == before


@over([route for route in READS if route.permission != SIGNED_IN])
async def test_a_key_with_only_this_permission_reads_what_is_there(town, route):
    answer = await asked(town.world, town.only[route.permission], route, town.ids)

    unplugged = answer.status_code == OUT_OF_REACH and answer.json()["code"] == "try_again"
    wanted = 404 if route.template in NOTHING_YET else 200
    assert answer.status_code == wanted or unplugged, answer.text


@over(ADDRESSED)
async def test_another_tenants_key_finds_nothing_and_changes_nothing(town, route):
    before = len(await acmes(town.world))
    answer = await asked(town.world, RIVAL, route, town.ids)

    if route.method == "GET":
        assert answer.status_code in {404, OUT_OF_REACH} or route.template in NOT_MISSED
    assert answer.status_code < 500 or answer.json()["code"] == "try_again"
    assert not [secret for secret in SECRETS if secret in answer.text]
    assert len(await acmes(town.world)) == before


@over([route for route in READS if not route.parameters])
async def test_lists_of_another_tenant_hold_nothing_of_acme(town, route):
    answer = await asked(town.world, RIVAL, route, town.ids)

    assert not [secret for secret in SECRETS if secret in answer.text]
