"""The whole API in one process: real routes, commands and projections over memory adapters."""

import asyncio
import contextlib
import tempfile
import uuid
from pathlib import Path

import httpx

from adapters.clock import SystemClock
from adapters.memory import MemoryEventLog
from adapters.memory_keys import MemoryKeyRing
from adapters.memory_places import MemoryFacts
from adapters.memory_views import MemoryViews
from adapters.passwords import Argon2Passwords
from adapters.tokens import SigningKeys
from adapters.view_erasure import StoredPersonalViews
from commands.desk import Desk
from commands.tenant import NewKey, OpenTenant, Person, open_tenant_books
from commands.transact import Asking
from ops.api_app import create_app
from ops.privacy_export import ComputedExports
from ops.sign_in_wiring import SignInParts
from projections.access import ACCESS
from projections.approval_rules import APPROVAL_RULES
from projections.budgets import BUDGETS
from projections.calendar import CALENDAR
from projections.campaign_board import CAMPAIGN_BOARD
from projections.causation import CAUSATION
from projections.consent import CONSENT
from projections.loyalty import LOYALTY, LOYALTY_PROGRAMMES, LOYALTY_REWARDS
from projections.metrics import MetricsUnreachable
from projections.notifications import NOTIFICATIONS
from projections.people import PEOPLE
from projections.runner import Runner
from projections.sessions import SESSIONS
from projections.shared_budgets import SHARED_BUDGETS
from projections.transitions import TRANSITIONS
from write_api.federation import Federation

ANA, BEN, RIVAL = "ana-key-0001", "ben-key-0002", "rival-key-0003"
ROLES = {ANA: ("marketer", "admin"), BEN: ("manager", "director", "compliance")}
QUICK = Argon2Passwords(time_cost=1, memory_kib=64, parallelism=1)  # as real, and weak
EXCHANGE, SITE = "exchange-key-0004", "site-key-0005"
USD = "USD"
PROJECTIONS = (
    ACCESS,
    BUDGETS,
    APPROVAL_RULES,
    CALENDAR,
    CAUSATION,
    CAMPAIGN_BOARD,
    NOTIFICATIONS,
    SHARED_BUDGETS,
    PEOPLE,
    TRANSITIONS,
    CONSENT,
    LOYALTY,
    LOYALTY_PROGRAMMES,
    LOYALTY_REWARDS,
    SESSIONS,
)

OFFER = {
    "id": "hero",
    "name": "Hero banner",
    "size": [300, 250],
    "markup": "<a href='${CLICK_URL}'>Spring</a>",
    "landing_url": "https://shop.example/spring",
    "adomain": ["shop.example"],
    "bid_cpm": {"micros": 2_500_000, "currency": USD},
}
BRIEF = {
    "name": "Spring sale",
    "advertiser": "Shop",
    "channels": ["display"],
    "budget": {"total": {"micros": 5_000_000_000, "currency": USD}},  # enough to be reviewed
    "targeting": {"geo": ["DEU"], "sizes": [[300, 250]]},
    "offers": [OFFER],
}


class Unplugged:
    """Metrics of an installation whose ClickHouse is down."""

    def __getattr__(self, name):
        async def question(*_, **__):
            raise MetricsUnreachable(name)

        return question


class Engines:
    """What the process depends on, each state set by a test."""

    def __init__(self):
        self.states = {"event log": "ok", "views": "ok"}

    async def dependencies(self):
        return self.states


def no_providers(secret):
    return Federation(public_url="http://cx.example", secret=secret)


class World:
    """The API with its projections running; `client(key)` is someone's browser or script."""

    def __init__(
        self,
        *,
        metrics=None,
        log=None,
        clock=None,
        projections=PROJECTIONS,
        rate_per_minute=None,
        providers=no_providers,
    ):
        self.log = log or MemoryEventLog()
        self.clock = clock or SystemClock()
        self.keys = MemoryKeyRing()
        self.views = MemoryViews()
        self.engines = Engines()
        self.facts = MemoryFacts()
        names = [projection.name for projection in projections]
        self.personal_views = StoredPersonalViews(self.views, names)
        self.runners = [
            Runner(projection, feed=self.log, store=self.views) for projection in projections
        ]
        self.sign_in = SignInParts(
            passwords=QUICK,
            signer=SigningKeys(Path(tempfile.mkdtemp(prefix="cx-signing-"))),
            issuer="http://cx.example",
            providers=providers,
            tenant="acme",
            refused_after_s=0.0,
        )
        self.app = create_app(
            log=self.log,
            keys=self.keys,
            clock=self.clock,
            views=self.views,
            positions=self.views,
            metrics=metrics or Unplugged(),
            exports=ComputedExports(
                log=self.log,
                keys=self.keys,
                clock=self.clock,
                views=self.personal_views,
                facts=self.facts,
            ),
            readiness=self.engines,
            session_secret=b"a secret of this test",
            sign_in=self.sign_in,
            rate_per_minute=rate_per_minute,
        )

    def client(self, key=None):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url="http://cx.example", headers=headers
        )

    async def settled(self):
        """Return once every view has seen the whole log."""
        head = await self.log.head()
        for runner in self.runners:
            assert await self.views.wait(runner.projection.name, head, 5.0)


@contextlib.asynccontextmanager
async def running_world(**parts):
    world = World(**parts)
    await _open_books(world.log, world.keys)
    stopping = asyncio.Event()
    runs = [asyncio.create_task(runner.run(stopping)) for runner in world.runners]
    try:
        await world.settled()
        yield world
    finally:
        stopping.set()
        await asyncio.gather(*runs)


async def _open_books(log, keys):
    desk = Desk(log, SystemClock(), keys=keys)
    await _open(desk, "acme", {"ana": ANA, "ben": BEN}, (("exchange", EXCHANGE), ("site", SITE)))
    await _open(desk, "rival", {"rita": RIVAL}, ())


async def _open(desk, tenant, people, machines):
    command = OpenTenant(
        name=tenant.title(),
        people=[
            Person(person=person, name=person.title(), roles=ROLES.get(key, ("admin", "manager")))
            for person, key in people.items()
        ],
        keys=[
            *(NewKey(key=f"{p}-key", use="api", text=key, person=p) for p, key in people.items()),
            *(NewKey(key=f"{tenant}-{use}", use=use, text=text) for use, text in machines),
        ],
    )
    asking = Asking(
        tenant=tenant,
        person="setup",
        command_id=str(uuid.uuid4()),
        fingerprint="setup",
        correlation_id="setup",
    )
    await open_tenant_books(command, asking=asking, desk=desk)


async def created(client, **changes):
    """Create a campaign and return its id once the views know it."""
    answer = await client.post("/v1/campaigns", json={**BRIEF, **changes})
    assert answer.status_code == 201, answer.text
    await seen(client, answer)
    return answer.json()["id"]


async def moved(client, campaign, *actions):
    """Take workflow steps, each of which must succeed; returns the last answer."""
    answer = None
    for action in actions:
        answer = await client.post(f"/v1/campaigns/{campaign}/{action}")
        assert answer.status_code == 200, answer.text
    return answer


async def seen(client, answer):
    """Read the campaign as it is after `answer`."""
    token = {"X-Consistency-Token": str(answer.json()["position"])}
    return await client.get(f"/v1/campaigns/{answer.json()['id']}", headers=token)
