"""Live campaigns compiled into predicates: what a worker holds in memory and swaps whole."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np

from hotpath import funnel
from hotpath.campaign import HotCampaign, HotOffer
from hotpath.eligibility import lead
from hotpath.features import offer_vector
from hotpath.index_device import device_named
from hotpath.index_media import MEDIA, Creative, creative_of
from hotpath.index_rules import EVERYTHING, Barred, Mask, Predicates, Wanted, mask_of
from hotpath.provider import Catalogue
from hotpath.scoring import Ranking

DAY_S = 86_400
FOREVER_S = 2**62
UNWANTED = (-1, -1)  # the size of an offer whose campaign does not want its own: it fits nowhere
Named = dict[Hashable, list[int]]


class Row(NamedTuple):
    """One offer as the index holds it; its number is its bit in every predicate."""

    campaign: HotCampaign
    offer: HotOffer
    creative: Creative
    adomain: tuple[str, ...]


class Index:
    """All live campaigns, by tenant, as of `position` in the event log."""

    def __init__(self, campaigns: Iterable[HotCampaign], position: int) -> None:
        self.position = position
        by_tenant: dict[str, list[HotCampaign]] = defaultdict(list)
        for campaign in campaigns:
            by_tenant[campaign.tenant].append(campaign)
        self.tenants = {name: TenantIndex(held) for name, held in by_tenant.items()}


class TenantIndex:
    """One tenant's offers, dearest first, and the predicates that say which suit a request.

    What a `..._pick` returns is a row of `predicates.bits`. Prices are micros for a thousand
    impressions, times seconds since 1970.
    """

    def __init__(self, campaigns: Iterable[HotCampaign]) -> None:
        rows = [_row(campaign, offer) for campaign in campaigns for offer in campaign.offers]
        rows.sort(key=lambda row: (-row.offer.bid_cpm_micros, row.campaign.campaign, row.offer.id))
        self.rows = rows
        self.prices = np.array([row.offer.bid_cpm_micros for row in rows], np.int64)
        self._falling = [-row.offer.bid_cpm_micros for row in rows]
        self.catalogue = Catalogue.of([offer_vector(r.offer.cat, r.offer.name) for r in rows])
        self.ranking = Ranking(self.catalogue.vectors, self.catalogue.norms, self.prices)
        self.predicates = Predicates(len(rows))
        self._compile_creatives()
        self._compile_targeting()
        self._compile_schedule()
        self.floor = self.predicates.blank(funnel.FLOOR)
        self.predicates.seal()

    def _compile_creatives(self) -> None:
        fills = self._named(lambda row: row.creative.media)
        self.media = {
            medium: self.predicates.add(
                funnel.MEDIA, mask_of(len(self.rows), fills.get(medium, ()))
            )
            for medium in MEDIA
        }
        self.mimes = self._wanted(funnel.MEDIA, lambda row: filter(None, [row.creative.mime]))
        self.protocols = self._wanted(funnel.MEDIA, lambda row: row.creative.protocols)
        self.cats = self._barred(funnel.CATEGORY, _with_parents)
        self.adomains = self._barred(funnel.ADVERTISER, _with_parent_domains)
        self.attrs = self._barred(funnel.ATTRIBUTE, lambda row: row.offer.attr)
        safe = self._where(lambda row: not row.creative.insecure)
        self.secure = self.predicates.add(funnel.SECURE, safe)
        self.widths = np.array([row.offer.w for row in self.rows], np.int64)
        self.heights = np.array([row.offer.h for row in self.rows], np.int64)
        lengths = [row.creative.duration_s for row in self.rows]
        self.durations = np.array([np.nan if s is None else s for s in lengths], np.float64)

    def _compile_targeting(self) -> None:
        self.sizes = self._wanted(funnel.SIZE, _sizes)
        # Where a request names no size an offer brings its own, if its campaign wants that.
        self.own_sizes = self.predicates.add(
            funnel.SIZE, self._where(lambda row: UNWANTED not in _sizes(row))
        )
        self.geo = self._wanted(funnel.GEO, lambda row: map(str.upper, row.campaign.geo))
        self.devices = self._wanted(
            funnel.DEVICE, lambda row: map(device_named, row.campaign.devices)
        )
        self.allowed = self._wanted(
            funnel.DOMAIN, lambda row: map(str.lower, row.campaign.domains_allow)
        )
        self.blocked = self._barred(
            funnel.DOMAIN, lambda row: map(str.lower, row.campaign.domains_block)
        )
        self.segments = self._wanted(funnel.SEGMENT, lambda row: row.campaign.segments)
        self.currencies: Wanted[Hashable] = Wanted(
            self.predicates,
            funnel.CURRENCY,
            self._named(lambda row: [row.campaign.currency]),
            np.zeros(len(self.rows), np.bool_),
        )
        self.no_media = self.predicates.blank(funnel.MEDIA)
        self.no_currency = self.predicates.blank(funnel.CURRENCY)
        self.no_seat = self.predicates.blank(funnel.SEAT)

    def _compile_schedule(self) -> None:
        campaigns = [row.campaign for row in self.rows]
        self._starts = np.array([c.starts_at for c in campaigns], np.int64)
        self._ends = np.array([c.ends_at or FOREVER_S for c in campaigns], np.int64)
        self._spent_until = np.array([_spent_until(c) for c in campaigns], np.int64)
        self._scheduled = self.predicates.blank(funnel.SCHEDULE)
        self._scheduled_from, self._scheduled_until = 0, 0

    def schedule_pick(self, now_s: int) -> int:
        """Return who may bid now: begun, not ended, and with daily budget left."""
        if not self._scheduled_from <= now_s < self._scheduled_until:
            due = (self._starts <= now_s) & (now_s < self._ends) & (self._spent_until <= now_s)
            self.predicates.write(self._scheduled, due)
            edges = np.concatenate([self._starts, self._ends, self._spent_until, [FOREVER_S]])
            self._scheduled_from = now_s
            self._scheduled_until = int(edges[edges > now_s].min())
        return self._scheduled

    def player_pick(self, w: int, h: int) -> int:
        """Return the offers that are no larger than a player of `w` by `h` pixels."""
        return self.predicates.remembered(
            funnel.SIZE, ("player", w, h), lambda: (self.widths <= w) & (self.heights <= h)
        )

    def duration_pick(self, shortest_s: int, longest_s: int) -> int:
        """Return the offers that last so long, and those whose length is not known."""
        return self.predicates.remembered(
            funnel.MEDIA,
            ("duration", shortest_s, longest_s),
            lambda: ~((self.durations < shortest_s) | (self.durations > longest_s)),
        )

    def image_pick(self, w: int, h: int) -> int:
        """Return the offers with an image of at least `w` by `h`, or of no stated size."""
        return self.predicates.remembered(
            funnel.SIZE,
            ("image", w, h),
            lambda: (self.widths == 0) | ((self.widths >= w) & (self.heights >= h)),
        )

    def floor_pick(self, floor_micros: int) -> int:
        """Return the offers that bid at least the floor; valid until the next floor's."""
        count = bisect_right(self._falling, -floor_micros)
        if count == len(self.rows):
            return EVERYTHING
        lead(self.predicates.bits, count, self.floor)
        return self.floor

    def _where(self, says: Callable[[Row], bool]) -> Mask:
        return np.fromiter(map(says, self.rows), np.bool_, len(self.rows))

    def _named(self, names: Callable[[Row], Iterable[Hashable]]) -> Named:
        named: Named = defaultdict(list)
        for number, row in enumerate(self.rows):
            for name in names(row):
                named[name].append(number)
        return named

    def _wanted(self, stage: str, names: Callable[[Row], Iterable[Hashable]]) -> Wanted[Hashable]:
        named = self._named(names)
        asking = [row for rows in named.values() for row in rows]
        return Wanted(self.predicates, stage, named, ~mask_of(len(self.rows), asking))

    def _barred(self, stage: str, names: Callable[[Row], Iterable[Hashable]]) -> Barred[Hashable]:
        return Barred(self.predicates, stage, self._named(names))


def _row(campaign: HotCampaign, offer: HotOffer) -> Row:
    adomain = offer.adomain or [urlsplit(offer.landing_url).hostname or ""]
    named = tuple(domain.lower() for domain in adomain if domain)
    return Row(campaign, offer, creative_of(campaign, offer), named)


def _with_parents(row: Row) -> Iterator[str]:
    for cat in row.offer.cat:
        yield cat
        parent, dash, _ = cat.partition("-")
        if dash:
            yield parent


def _with_parent_domains(row: Row) -> Iterator[str]:
    for domain in row.adomain:
        yield from parent_domains(domain)


@lru_cache(maxsize=16_384)
def parent_domains(domain: str) -> tuple[str, ...]:
    """Return a domain and all it lies under: a.b.example gives b.example and example too."""
    labels = domain.split(".")
    return tuple(".".join(labels[first:]) for first in range(len(labels)))


def _sizes(row: Row) -> list[Hashable]:
    """Return the banner sizes an offer may be shown in; none means any."""
    wanted: list[Hashable] = [tuple(size) for size in row.campaign.sizes]
    if not row.offer.w:
        return wanted
    own = (row.offer.w, row.offer.h)
    return [own] if not wanted or own in wanted else [UNWANTED]


def _spent_until(campaign: HotCampaign) -> int:
    """Return from when there is money again; a row without a time names a day of UTC."""
    if campaign.daily_exhausted_until or not campaign.daily_exhausted_on:
        return campaign.daily_exhausted_until
    day = np.datetime64(campaign.daily_exhausted_on, "D").astype(np.int64)
    return (int(day) + 1) * DAY_S
