"""What each campaign may spend, what it did spend, and when that was worth an alert."""

from datetime import date, datetime

import msgspec

from domain.money import Money


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """`kind` is nearing_limit, exhausted or daily_overspent; `on` is the day of the last."""

    kind: str
    at: datetime
    spent: Money
    limit: Money
    on: date | None = None


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign's money, all in `currency`; `spent_today` belongs to the UTC day `spent_on`."""

    campaign: str
    currency: str
    total: Money
    daily: Money | None
    spent_total: Money
    spent_today: Money
    spent_on: date | None
    impressions: int
    alerts: tuple[Alert, ...]
    version: int
    position: int
