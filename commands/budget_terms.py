"""On what terms a brief's budget is allocated: the advertiser's currency and time zone."""

from commands.budget import AllocateBudget
from commands.desk import Desk
from commands.tenant import TENANTS
from commands.transact import current
from domain.budget.decisions import CurrencyMismatch
from domain.campaign.brief import Brief
from domain.identity import CampaignId, TenantId
from domain.tenant.state import Advertiser, Open


async def allocation_of(
    brief: Brief, *, tenant: TenantId, campaign: CampaignId, version: int, desk: Desk
) -> AllocateBudget:
    """Return what to allocate, the days counted by the advertiser's clock.

    An advertiser whom nobody entered has the tenant's zone and any currency; one who was
    entered pays in their own, or `CurrencyMismatch` is raised.
    """
    books = (await current(desk, TENANTS, tenant, tenant)).state
    time_zone = books.time_zone if isinstance(books, Open) else "UTC"
    known = _named(books, brief.advertiser) if isinstance(books, Open) else None
    if known is not None:
        time_zone = known.time_zone
        if known.currency != brief.budget.total.currency:
            raise CurrencyMismatch(budget=known.currency, amount=brief.budget.total.currency)
    return AllocateBudget(
        campaign=campaign,
        total=brief.budget.total,
        daily=brief.budget.daily,
        campaign_version=version,
        time_zone=time_zone,
        starts_at=brief.starts_at,
        ends_at=brief.ends_at,
    )


def _named(books: Open, name: str) -> Advertiser | None:
    """Return the advertiser of this id, else of this name."""
    by_id = {str(advertiser): known for advertiser, known in books.advertisers.items()}
    by_name = {known.name: known for known in books.advertisers.values()}
    return by_id.get(name) or by_name.get(name)
