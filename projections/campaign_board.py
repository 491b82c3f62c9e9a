"""The whole campaign as it is read, and the column of the board it stands in."""

from datetime import datetime

import msgspec

from domain.money import Money


class CardBudget(msgspec.Struct, frozen=True, kw_only=True):
    total: Money
    daily: Money | None = None


class CardDomains(msgspec.Struct, frozen=True, kw_only=True):
    allow: tuple[str, ...] = ()
    block: tuple[str, ...] = ()


class CardTargeting(msgspec.Struct, frozen=True, kw_only=True):
    geo: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    sizes: tuple[tuple[int, int], ...] = ()
    domains: CardDomains = CardDomains()


class CardOffer(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    size: tuple[int, int] | None = None
    markup: str | None = None
    creative_url: str | None = None
    landing_url: str
    adomain: tuple[str, ...] = ()
    cat: tuple[str, ...] = ()
    attr: tuple[int, ...] = ()
    bid_cpm: Money


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    approver: str
    role: str
    at: datetime


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign as the API answers it.

    `version` is its stream's version (the ETag), `position` the log's position of its newest
    event and `created` that of its first, which orders the board. `content_hash` is of what
    was last submitted, None before; `approvals` are those that still hold; `comment` is that of
    the last transition.
    """

    id: str
    name: str
    advertiser: str
    channels: tuple[str, ...]
    starts_at: datetime | None
    ends_at: datetime | None
    budget: CardBudget
    targeting: CardTargeting
    offers: tuple[CardOffer, ...]
    stage: str
    author: str
    last_editor: str
    go_live_at: datetime | None = None
    content_hash: str | None = None
    approvals: tuple[Approval, ...] = ()
    comment: str | None = None
    version: int
    position: int
    created: int
    created_at: datetime
    updated_at: datetime
