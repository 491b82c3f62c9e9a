"""The campaigns that may bid now: live, with an allocated budget that is not spent."""

from datetime import date, datetime

import msgspec
from msgspec.structs import replace

from domain.budget.events import BudgetAllocated, BudgetEvent, BudgetSpent
from domain.campaign.brief import Brief, Offer
from domain.campaign.events import CampaignDrafted, CampaignEdited, CampaignEvent
from domain.envelope import Recorded
from hotpath.campaign import HotCampaign, HotOffer
from projections.budgets import spent_on_day
from projections.ports import Address
from projections.projection import Projection, Rows
from projections.stages import step


class Purse(msgspec.Struct, frozen=True):
    """What is remembered of a campaign's money, in micros of one currency."""

    total: int = 0
    daily: int | None = None
    spent_total: int = 0
    spent_today: int = 0
    spent_on: date | None = None


class Candidate(msgspec.Struct, frozen=True):
    """What is remembered of a campaign, hot or not: its plan, its stage and its purse apart.

    `since` is the position of the last event that changed what the hot path sees.
    """

    brief: Brief | None = None
    stage: str = ""
    purse: Purse = Purse()
    since: int = 0


def fold(
    candidate: Candidate | None, event: CampaignEvent | BudgetEvent, recorded: Recorded
) -> Candidate:
    """Return the candidate after one more event of its campaign or of its budget."""
    before = candidate or Candidate()
    after = _changed(before, event)
    if _eligible(after) and _visible(before) != _visible(after):
        return replace(after, since=recorded.position)
    return after


def rows(tenant: str, campaign: str, candidate: Candidate | None) -> Rows:
    """Return the campaign's row, and no row when it may not bid."""
    if candidate is None or candidate.brief is None or not _eligible(candidate):
        return {}
    return {Address(tenant, campaign): _hot(tenant, campaign, candidate.brief, candidate)}


def _changed(candidate: Candidate, event: CampaignEvent | BudgetEvent) -> Candidate:
    match event:
        case CampaignDrafted(brief=brief):
            return replace(candidate, brief=brief, stage="draft")
        case CampaignEdited(brief=brief):
            return replace(candidate, brief=brief)
        case BudgetAllocated(total=total, daily=daily):
            purse = replace(
                candidate.purse, total=total.micros, daily=daily.micros if daily else None
            )
            return replace(candidate, purse=purse)
        case BudgetSpent():
            return replace(candidate, purse=_spent(candidate.purse, event))
        case _:
            return _moved(candidate, event)


def _moved(candidate: Candidate, event: CampaignEvent | BudgetEvent) -> Candidate:
    if isinstance(event, BudgetEvent):
        return candidate  # An alert: the sums it speaks of are already in the purse.
    moved = step(event)
    return replace(candidate, stage=moved.to) if moved else candidate


def _spent(purse: Purse, event: BudgetSpent) -> Purse:
    day, micros = spent_on_day(purse.spent_on, purse.spent_today, event)
    return replace(
        purse,
        spent_total=purse.spent_total + event.amount.micros,
        spent_today=micros,
        spent_on=day,
    )


def _eligible(candidate: Candidate) -> bool:
    purse = candidate.purse
    return candidate.stage == "live" and purse.spent_total < purse.total


def _visible(candidate: Candidate) -> tuple[bool, Brief | None, str]:
    return _eligible(candidate), candidate.brief, _exhausted_on(candidate.purse)


def _exhausted_on(purse: Purse) -> str:
    spent_up = purse.daily is not None and purse.spent_today >= purse.daily
    return purse.spent_on.isoformat() if spent_up and purse.spent_on else ""


def _hot(tenant: str, campaign: str, brief: Brief, candidate: Candidate) -> HotCampaign:
    targeting = brief.targeting
    return HotCampaign(
        tenant=tenant,
        campaign=campaign,
        currency=brief.budget.total.currency,
        channels=list(brief.channels),
        starts_at=_seconds(brief.starts_at),
        ends_at=_seconds(brief.ends_at),
        geo=list(targeting.geo),
        devices=list(targeting.devices),
        segments=list(targeting.segments),
        sizes=list(targeting.sizes),
        domains_allow=list(targeting.domains.allow),
        domains_block=list(targeting.domains.block),
        offers=[_offer(offer) for offer in brief.offers],
        daily_exhausted_on=_exhausted_on(candidate.purse),
        position=candidate.since,
    )


def _offer(offer: Offer) -> HotOffer:
    w, h = offer.size or (0, 0)
    return HotOffer(
        id=offer.id,
        name=offer.name,
        w=w,
        h=h,
        markup=offer.markup or "",
        creative_url=offer.creative_url or "",
        landing_url=offer.landing_url,
        adomain=list(offer.adomain),
        cat=list(offer.cat),
        attr=list(offer.attr),
        bid_cpm_micros=offer.bid_cpm.micros,
    )


def _seconds(at: datetime | None) -> int:
    return int(at.timestamp()) if at else 0


HOT_CAMPAIGNS = Projection(
    name="hot_campaigns",
    events=CampaignEvent | BudgetEvent,
    memory=Candidate,
    fold=fold,
    rows=rows,
)
