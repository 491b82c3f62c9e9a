"""The same people and the same campaign appear in every test."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from commands.transact import Asking, command_id_of, fingerprint_of
from domain.campaign import events as ce
from domain.campaign.brief import Brief, BudgetPlan, Offer, Targeting, content_hash
from domain.identity import CampaignId, OfferId, PersonId, TenantId
from domain.money import Money
from domain.tenant.permissions import given_to
from domain.tenant.roles import Actor

ACME, GLOBEX = TenantId("acme"), TenantId("globex")
SPRING = CampaignId("spring-sale")
MONDAY, TUESDAY, WEDNESDAY, FRIDAY = (datetime(2026, 3, day, 9, tzinfo=UTC) for day in (2, 3, 4, 6))
NEXT_MONDAY, MONTHS_LATER = MONDAY + timedelta(days=7), MONDAY + timedelta(days=120)


def actor(person, *roles, permissions=None):
    """Someone with what their roles give, or with what a role of the agency's own gives."""
    allowed = given_to(roles) if permissions is None else frozenset(permissions)
    return Actor(PersonId(person), roles, allowed)


ANA = actor("ana", "marketer", "admin")  # writes campaigns
BEN = actor("ben", "manager", "director", "compliance")  # approves them
CLEO = actor("cleo", "marketer", "manager")  # may do both
DORA = actor("dora", "director")  # approves what is dear
MIA = actor("mia", "manager")  # approves what is not
DEMO = actor("demo")  # holds no role


def usd(units, cents=0):
    return Money(micros=(units * 100 + cents) * 10_000, currency="USD")


def eur(units):
    return Money(micros=units * 1_000_000, currency="EUR")


TULIPS = Offer(
    id=OfferId("tulips"),
    name="Ten tulips",
    size=(300, 250),
    creative_url="https://cdn.example/tulips.png",
    landing_url="https://flowers.example/tulips",
    adomain=("flowers.example",),
    cat=("IAB18",),
    bid_cpm=usd(2, 50),
)
BRIEF = Brief(
    name="Spring sale",
    advertiser="Flowers Ltd",
    channels=("display",),
    starts_at=NEXT_MONDAY,
    ends_at=MONTHS_LATER,
    budget=BudgetPlan(total=usd(5_000), daily=usd(20)),  # enough to be reviewed
    targeting=Targeting(geo=("DEU",), sizes=((300, 250),)),
    offers=(TULIPS,),
)
BIGGER = replace(BRIEF, budget=BudgetPlan(total=usd(9_000), daily=usd(20)))

DRAFTED = ce.CampaignDrafted(campaign=SPRING, author=ANA.person, brief=BRIEF, drafted_at=MONDAY)
SUBMITTED = ce.CampaignSubmitted(
    campaign=SPRING,
    submitter=ANA.person,
    role="marketer",
    content_hash=content_hash(BRIEF),
    submitted_at=MONDAY,
)
APPROVED = ce.CampaignApproved(
    campaign=SPRING,
    approver=BEN.person,
    role="manager",
    content_hash=content_hash(BRIEF),
    approved_at=TUESDAY,
)
_BY_BEN = {"campaign": SPRING, "actor": BEN.person, "role": "manager"}
REJECTED = ce.CampaignRejected(**_BY_BEN, rejected_at=TUESDAY)
RETURNED = ce.ChangesRequested(**_BY_BEN, changes_requested_at=TUESDAY)
SCHEDULED = ce.CampaignScheduled(**_BY_BEN, go_live_at=NEXT_MONDAY, scheduled_at=TUESDAY)
WENT_LIVE = ce.CampaignWentLive(**_BY_BEN, went_live_at=WEDNESDAY)
PAUSED = ce.CampaignPaused(**_BY_BEN, paused_at=WEDNESDAY)
RESUMED = ce.CampaignResumed(**_BY_BEN, stage="live", resumed_at=WEDNESDAY)
COMPLETED = ce.CampaignCompleted(**_BY_BEN, completed_at=FRIDAY)
ARCHIVED = ce.CampaignArchived(**_BY_BEN, archived_at=FRIDAY)

IN_REVIEW = (DRAFTED, SUBMITTED)
HISTORIES = {
    "unwritten": (),
    "draft": (DRAFTED,),
    "in_review": IN_REVIEW,
    "approved": (*IN_REVIEW, APPROVED),
    "rejected": (*IN_REVIEW, REJECTED),
    "scheduled": (*IN_REVIEW, APPROVED, SCHEDULED),
    "live": (*IN_REVIEW, APPROVED, WENT_LIVE),
    "paused": (*IN_REVIEW, APPROVED, WENT_LIVE, PAUSED),
    "completed": (*IN_REVIEW, APPROVED, WENT_LIVE, COMPLETED),
    "archived": (*IN_REVIEW, APPROVED, WENT_LIVE, COMPLETED, ARCHIVED),
}


def asks(actor, key, *, tenant=ACME, body=None):
    """How a person's request arrives, with its idempotency key."""
    return Asking(
        tenant=tenant,
        person=actor.person,
        roles=actor.roles,
        permissions=actor.permissions or None,
        command_id=command_id_of(tenant, key),
        fingerprint=fingerprint_of(key if body is None else body),
        correlation_id=f"request-{key}",
    )
