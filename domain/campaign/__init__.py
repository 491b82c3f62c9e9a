"""A campaign: drafted, reviewed, approved, run."""

from domain.campaign.brief import Brief, BriefChanges, Offer
from domain.campaign.events import CampaignEvent
from domain.campaign.state import UNWRITTEN, Campaign, evolve, stage_of

__all__ = [
    "UNWRITTEN",
    "Brief",
    "BriefChanges",
    "Campaign",
    "CampaignEvent",
    "Offer",
    "evolve",
    "stage_of",
]
