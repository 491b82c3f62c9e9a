"""Names for the things other things point at."""

from typing import NewType

TenantId = NewType("TenantId", str)
PersonId = NewType("PersonId", str)
CampaignId = NewType("CampaignId", str)
OfferId = NewType("OfferId", str)
KeyId = NewType("KeyId", str)
AdvertiserId = NewType("AdvertiserId", str)
