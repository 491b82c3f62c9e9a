"""Writes domain events into a log the way command handlers do, and random histories too."""

import asyncio
from datetime import date
from uuid import NAMESPACE_URL, uuid5

import msgspec
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.memory import MemoryEventLog
from domain.budget import events as be
from domain.campaign import events as ce
from domain.envelope import Entry
from domain.event import kind_of
from domain.identity import CampaignId
from domain.tenant import events as te
from projections.runner import Runner
from tests.people import (
    ACME,
    ANA,
    BIGGER,
    FRIDAY,
    GLOBEX,
    HISTORIES,
    MONDAY,
    PAUSED,
    RESUMED,
    SPRING,
    TUESDAY,
    usd,
)


def entry(event, *, nonce=""):
    data = event if isinstance(event, bytes) else msgspec.json.encode(event)
    kind = "campaign.drafted.v1" if isinstance(event, bytes) else kind_of(event)
    return Entry(
        event_id=str(uuid5(NAMESPACE_URL, f"{nonce}{data!r}")),
        kind=kind,
        data=data,
        recorded_at=MONDAY,
        actor=ANA.person,
        command_id="c",
        fingerprint="f",
        correlation_id="r",
        causation_id=None,
    )


class Scribe:
    """Remembers each stream's version, so that a test only says what happened."""

    def __init__(self, log=None):
        self.log = log or MemoryEventLog()
        self.versions = {}

    async def write(self, stream, *events, tenant=ACME):
        version = self.versions.get((tenant, stream), 0)
        appended = await self.log.append(
            tenant, stream, [entry(event) for event in events], after=version
        )
        self.versions[tenant, stream] = appended.version
        return appended.position

    async def campaign(self, *events, campaign=SPRING, tenant=ACME):
        renamed = [
            event if isinstance(event, bytes) else replace(event, campaign=CampaignId(campaign))
            for event in events
        ]
        return await self.write(f"campaign-{campaign}", *renamed, tenant=tenant)

    async def budget(self, *events, campaign=SPRING, tenant=ACME):
        return await self.write(f"budget-{campaign}", *events, tenant=tenant)


async def kept_up(projection, log, store, *, view=None):
    """Run a projection until it has read the whole log."""
    runner = Runner(projection, feed=log, store=store, view=view)
    while await runner.step():
        pass
    return runner


async def until(claim, *, within_s=10.0):
    """Return once the claim is true."""
    async with asyncio.timeout(within_s):
        while not await claim():  # noqa: ASYNC110 - the claim is about another process or task
            await asyncio.sleep(0.01)


def allocated(units=100, *, daily=20, campaign=SPRING):
    return be.BudgetAllocated(
        campaign=campaign,
        total=usd(units),
        daily=usd(daily) if daily else None,
        campaign_version=1,
        allocated_at=MONDAY,
    )


def spent(units, *, on=date(2026, 3, 2), impressions=1, campaign=SPRING, last=1):
    return be.BudgetSpent(
        campaign=campaign,
        amount=usd(units),
        impressions=impressions,
        partition=0,
        first=last,
        last=last,
        on=on,
        spent_at=MONDAY,
    )


def alert(kind, units, limit, **more):
    return kind(campaign=SPRING, spent=usd(units), limit=usd(limit), at=TUESDAY, **more)


def issued(key, *, person=ANA.person, use="api"):
    return te.KeyIssued(
        key=key, use=use, person=person, secret_hash=f"hash-of-{key}", issued_at=MONDAY
    )


OPENED = te.TenantOpened(tenant=ACME, name="Acme", opened_at=MONDAY)
ANA_JOINED = te.PersonJoined(person=ANA.person, name="Ana", roles=ANA.roles, joined_at=MONDAY)
EDITED = ce.CampaignEdited(campaign=SPRING, editor=ANA.person, brief=BIGGER, edited_at=FRIDAY)
VOIDED = ce.ApprovalVoided(
    campaign=SPRING, content_hash="old", reason="The brief was edited.", voided_at=FRIDAY
)

CAMPAIGN_EVENTS = [
    *HISTORIES["archived"],
    *HISTORIES["scheduled"][2:],
    *HISTORIES["rejected"][2:],
    PAUSED,
    RESUMED,
    EDITED,
    VOIDED,
]
tenants, campaigns = st.sampled_from([ACME, GLOBEX]), st.sampled_from(["spring", "summer"])
days = st.dates(min_value=date(2026, 3, 1), max_value=date(2026, 3, 4))
on_campaigns = st.sampled_from(CAMPAIGN_EVENTS)
on_budgets = st.one_of(
    st.builds(allocated, st.integers(1, 100), daily=st.none() | st.integers(1, 50)),
    st.builds(spent, st.integers(0, 60), on=days, impressions=st.integers(0, 5)),
    st.just(alert(be.BudgetNearingLimit, 80, 100)),
)
on_tenants = st.one_of(
    st.just(OPENED),
    st.builds(issued, st.sampled_from("kl"), person=st.sampled_from(["ana", "ben", None])),
    st.builds(te.KeyRevoked, key=st.sampled_from("kl"), revoked_at=st.just(MONDAY)),
    st.builds(
        te.PersonJoined,
        person=st.sampled_from(["ana", "ben"]),
        name=st.just("N"),
        roles=st.sampled_from([("admin",), ("manager", "director")]),
        joined_at=st.just(MONDAY),
    ),
)
poison = st.sampled_from([b'{"kind":"campaign.drafted.v1"}', b"not JSON"])
happenings = st.one_of(
    st.tuples(st.just("campaign"), tenants, campaigns, on_campaigns),
    st.tuples(st.just("campaign"), tenants, campaigns, on_campaigns),
    st.tuples(st.just("budget"), tenants, campaigns, on_budgets),
    st.tuples(st.just("tenant"), tenants, st.none(), on_tenants),
)
histories = st.lists(happenings, max_size=40)
poisoned_histories = st.lists(
    st.one_of(happenings, st.tuples(st.just("campaign"), tenants, campaigns, poison)), max_size=30
)


async def written(history):
    """A log in which the history happened; also events no projection knows."""
    scribe = Scribe()
    for category, tenant, campaign, event in history:
        if isinstance(event, te.KeyIssued):  # Two tenants never share a secret.
            own = replace(event, secret_hash=f"{tenant}-{event.secret_hash}")
            await scribe.write(f"tenant-{tenant}", own, tenant=tenant)
        elif category == "tenant":
            await scribe.write(f"tenant-{tenant}", event, tenant=tenant)
        else:
            await getattr(scribe, category)(event, campaign=campaign, tenant=tenant)
    return scribe.log
