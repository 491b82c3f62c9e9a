"""The clients whose campaigns an agency runs."""

import re
from datetime import datetime

from domain.identity import AdvertiserId
from domain.tenant.decisions.books import books_of, require_place
from domain.tenant.events import AdvertiserAdded, AdvertiserChanged, TenantEvent
from domain.tenant.refusals import AdvertiserIdInvalid
from domain.tenant.state import Tenant

ADVERTISER_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


def record_advertiser(
    tenant: Tenant,
    *,
    advertiser: AdvertiserId,
    name: str,
    currency: str | None,
    time_zone: str | None,
    at: datetime,
) -> list[TenantEvent]:
    """Take on a client or change one; what is not said is as the agency has it.

    Money that was budgeted before stays in the currency it was budgeted in.
    """
    books = books_of(tenant)
    if not ADVERTISER_ID.fullmatch(advertiser):
        raise AdvertiserIdInvalid(advertiser=advertiser)
    currency, time_zone = currency or books.currency, time_zone or books.time_zone
    require_place(currency, time_zone)
    known = books.advertisers.get(advertiser)
    if known is None:
        return [
            AdvertiserAdded(
                advertiser=advertiser,
                name=name,
                currency=currency,
                time_zone=time_zone,
                added_at=at,
            )
        ]
    if (known.name, known.currency, known.time_zone) == (name, currency, time_zone):
        return []
    return [
        AdvertiserChanged(
            advertiser=advertiser,
            name=name,
            currency=currency,
            time_zone=time_zone,
            changed_at=at,
        )
    ]
