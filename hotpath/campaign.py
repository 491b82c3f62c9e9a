"""What the hot path knows of a live campaign: the row a projection publishes for it."""

import msgspec


class HotOffer(msgspec.Struct, frozen=True, kw_only=True):
    """One thing we may show.

    `w` and `h` are CSS pixels, 0 where the offer names no size; `attr` are creative
    attributes of AdCOM's list; `bid_cpm_micros` is for a thousand impressions, in the
    campaign's currency.
    """

    id: str
    name: str
    w: int
    h: int
    markup: str
    creative_url: str
    landing_url: str
    adomain: list[str]
    cat: list[str]
    attr: list[int]
    bid_cpm_micros: int


class HotCampaign(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign that may bid, flat and complete: nothing else is read to answer a request.

    `starts_at` and `ends_at` are seconds since 1970, 0 for none; the end is exclusive.
    `geo` holds ISO 3166-1 alpha-3 codes. `daily_exhausted_until` is when it may bid again
    after a day's budget is spent, in seconds since 1970 (0: now): the advertiser's midnight.
    `daily_exhausted_on` names that day (`YYYY-MM-DD`, or ""); in a row that tells no time it is
    a UTC day. `position` is the log's position the row reflects.
    """

    tenant: str
    campaign: str
    currency: str
    channels: list[str]
    starts_at: int
    ends_at: int
    geo: list[str]
    devices: list[str]
    segments: list[str]
    sizes: list[tuple[int, int]]
    domains_allow: list[str]
    domains_block: list[str]
    offers: list[HotOffer]
    daily_exhausted_on: str
    position: int
    daily_exhausted_until: int = 0
