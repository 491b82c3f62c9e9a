"""The campaigns that may bid now: live, with an allocated budget that is not spent."""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from domain.budget.events import BudgetEvent
from domain.campaign.brief import Brief, Offer
from domain.campaign.events import CampaignDrafted, CampaignEdited, CampaignEvent
from domain.envelope import Recorded
from hotpath.campaign import HotCampaign, HotOffer
from projections.ports import Address
from projections.projection import Projection, Rows
from projections.purse import Purse, after
from projections.stages import step


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
    changed = _changed(before, event)
    if _eligible(changed) and _visible(before) != _visible(changed):
        return replace(changed, since=recorded.position)
    return changed


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
        case _ if isinstance(event, BudgetEvent):
            return replace(candidate, purse=after(candidate.purse, event))
        case _:
            moved = step(event)
            return replace(candidate, stage=moved.to) if moved else candidate


def _eligible(candidate: Candidate) -> bool:
    return candidate.stage == "live" and candidate.purse.has_money


def _visible(candidate: Candidate) -> tuple[object, ...]:
    purse = candidate.purse
    return _eligible(candidate), candidate.brief, purse.exhausted_on, purse.exhausted_until


def _hot(tenant: str, campaign: str, brief: Brief, candidate: Candidate) -> HotCampaign:
    targeting, purse = brief.targeting, candidate.purse
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
        daily_exhausted_on=purse.exhausted_on,
        daily_exhausted_until=purse.exhausted_until,
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
    version=2,
    events=CampaignEvent | BudgetEvent,
    memory=Candidate,
    fold=fold,
    rows=rows,
)
