"""Opening an agency's books, and what holds for all of it."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from zoneinfo import available_timezones

from domain.currencies import CURRENCIES
from domain.identity import TenantId
from domain.refusal import FieldError
from domain.tenant.events import SettingsChanged, TenantEvent, TenantOpened
from domain.tenant.refusals import (
    SettingsWrong,
    TenantAlreadyOpen,
    TenantIdInvalid,
    TenantUnknown,
)
from domain.tenant.state import Open, Tenant, Unopened

TENANT_ID = re.compile(r"[a-z0-9]{1,32}")
RESERVED = frozenset({"system"})  # the tenant of our own process managers


def open_tenant(
    tenant: Tenant, *, tenant_id: TenantId, name: str, at: datetime
) -> list[TenantEvent]:
    """Open an agency's books."""
    if not TENANT_ID.fullmatch(tenant_id) or tenant_id in RESERVED:
        raise TenantIdInvalid(tenant=tenant_id)
    if isinstance(tenant, Unopened):
        return [TenantOpened(tenant=tenant_id, name=name, opened_at=at)]
    if tenant.name != name:
        raise TenantAlreadyOpen(tenant=tenant_id)
    return []


def change_settings(
    tenant: Tenant, *, name: str, currency: str, time_zone: str, at: datetime
) -> list[TenantEvent]:
    """Give the agency another name, or other defaults for its advertisers."""
    books = books_of(tenant)
    require_place(currency, time_zone)
    if (books.name, books.currency, books.time_zone) == (name, currency, time_zone):
        return []
    return [SettingsChanged(name=name, currency=currency, time_zone=time_zone, changed_at=at)]


def books_of(tenant: Tenant) -> Open:
    """Return the open books, or refuse."""
    if isinstance(tenant, Unopened):
        raise TenantUnknown
    return tenant


def require_place(currency: str, time_zone: str) -> None:
    """Refuse a currency or a time zone that does not exist."""
    if errors := [*_place_errors(currency, time_zone)]:
        raise SettingsWrong(*errors)


def _place_errors(currency: str, time_zone: str) -> Iterator[FieldError]:
    if currency not in CURRENCIES:
        yield FieldError("/currency", f"{currency!r} is not a currency of ISO 4217.")
    if time_zone not in _time_zones():
        yield FieldError("/time_zone", f"{time_zone!r} is not a time zone such as Europe/Berlin.")


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())
