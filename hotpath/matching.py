"""Turning a request's rules into predicates, and finding who passes them all.

A video or audio offer's own length, type and protocol count only where both sides state
them. A floor in another currency than the bid's lets nobody through: we hold no rates.
"""

from collections.abc import Iterator
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hotpath import funnel
from hotpath.creative import Slot
from hotpath.eligibility import lead, survivors
from hotpath.features import cats_of, keywords_of
from hotpath.funnel import deepest
from hotpath.index import TenantIndex, parent_domains
from hotpath.index_countries import country_code
from hotpath.index_device import devices_of
from hotpath.index_media import AUDIO, BANNER, NATIVE, PROTOCOLS_WRITTEN, VIDEO
from hotpath.index_rules import EVERYTHING
from hotpath.native import ask_of
from hotpath.openrtb import (
    App,
    Audio,
    Banner,
    BidRequest,
    Imp,
    Native,
    Site,
    Video,
    consent_of,
)

MTYPE = {BANNER: 1, VIDEO: 2, AUDIO: 3, NATIVE: 4}  # OpenRTB 2.6, section 4.2.3
FLOOR_MAX = Decimal(10**12)  # currency units; above it nothing bids, and arithmetic stays small
FLOOR_MICROS_OUT_OF_REACH = 2**62
DEFAULT_CURRENCY = "USD"
DURATION_S_MAX = 86_400
VAST_3 = 3

Rules = list[tuple[str, int]]  # a stage of the funnel and the predicate that guards it


class Chance(NamedTuple):
    """One way to fill an impression: the slot, the sizes it takes, who may, who is on top."""

    slot: Slot
    sizes: list[tuple[int, int]]
    offers: NDArray[np.int32]
    position: int


class Audience(NamedTuple):
    """What of a request describes the person and place, as far as we may look at it."""

    cats: tuple[str, ...]
    keywords: str
    segments: tuple[str, ...]
    device: str


class Matching:
    """One request against one tenant's offers; `fallen` is the furthest stage of its losers."""

    def __init__(self, index: TenantIndex, request: BidRequest, *, seat: str, now_s: int) -> None:
        self.fallen = funnel.MEDIA
        self._index = index
        place = request.site or request.app
        devices = devices_of(request.device)
        segments = _segments(request)
        self.audience = Audience(
            cats_of(place) if place else (),
            keywords_of(place) if place else "",
            segments,
            devices[0] if devices else "",
        )
        self._early = self._place_rules(request, devices)
        self._late = self._person_rules(request, seat, now_s, segments)

    def _place_rules(self, request: BidRequest, devices: tuple[str, ...]) -> Rules:
        index = self._index
        country = request.device.geo.country if request.device and request.device.geo else None
        rules: Rules = []
        _guard(rules, funnel.GEO, index.geo.only(country_code(country)))
        _guard(rules, funnel.DEVICE, index.devices.pick(devices))
        if index.allowed or index.blocked:
            for pick in index.domain_picks(_names(request.site or request.app)):
                _guard(rules, funnel.DOMAIN, pick)
        for pick in index.cats.picks(request.bcat or ()):
            _guard(rules, funnel.CATEGORY, pick)
        for pick in index.adomains.picks(map(_host, request.badv or ())):
            _guard(rules, funnel.ADVERTISER, pick)
        return rules

    def _person_rules(
        self, request: BidRequest, seat: str, now_s: int, segments: tuple[str, ...]
    ) -> Rules:
        index = self._index
        rules: Rules = []
        _guard(rules, funnel.SCHEDULE, index.schedule_pick(now_s))
        wanted = not request.wseat or seat in request.wseat
        if not wanted or (request.bseat and seat in request.bseat):
            _guard(rules, funnel.SEAT, index.predicates.nothing)
        _guard(rules, funnel.SEGMENT, index.segments.pick(segments))
        return rules

    def chances(self, imp: Imp, currency: str) -> Iterator[Chance]:
        """Yield the ways to fill `imp` that at least one offer suits.

        The offers of a chance are valid until the next one is taken.
        """
        tail = self._floor_rules(imp, currency)
        if imp.banner is not None:
            yield from self._banner(imp.banner, imp, tail)
        if imp.video is not None:
            yield from self._player(VIDEO, imp.video, imp, tail)
        if imp.native is not None:
            yield from self._native(imp.native, imp, tail)
        if imp.audio is not None:
            yield from self._player(AUDIO, imp.audio, imp, tail)

    def _banner(self, banner: Banner, imp: Imp, tail: Rules) -> Iterator[Chance]:
        index = self._index
        sizes = [(size.w, size.h) for size in banner.format or () if size.w and size.h]
        if banner.w and banner.h:
            sizes.append((banner.w, banner.h))
        head: Rules = []
        _guard(head, funnel.MEDIA, index.media[BANNER])
        if sizes:
            _guard(head, funnel.SIZE, index.size_pick(sizes))
        slot = Slot(BANNER, MTYPE[BANNER])
        found = self._passing(head, banner.battr, tail, imp)
        if found is not None:
            yield Chance(slot, sizes, found, banner.pos or 0)

    def _player(
        self, medium: str, player: Video | Audio, imp: Imp, tail: Rules
    ) -> Iterator[Chance]:
        index = self._index
        head: Rules = []
        _guard(head, funnel.MEDIA, index.media[medium])
        if player.mimes:
            _guard(head, funnel.MEDIA, index.mime_pick(player.mimes))
        if player.protocols:
            _guard(head, funnel.MEDIA, index.protocols.pick(player.protocols))
        if player.minduration or player.maxduration:
            shortest, longest = player.minduration or 0, player.maxduration or DURATION_S_MAX
            _guard(head, funnel.MEDIA, index.duration_pick(shortest, longest))
        w = h = position = 0
        if isinstance(player, Video):
            w, h, position = player.w or 0, player.h or 0, player.pos or 0
            if w > 0 and h > 0:
                _guard(head, funnel.SIZE, index.player_pick(w, h))
        found = self._passing(head, player.battr, tail, imp)
        if found is not None:
            protocol = _newest(player.protocols)
            slot = Slot(medium, MTYPE[medium], w, h, protocol, player.maxduration or 0)
            yield Chance(slot, [], found, position)

    def _native(self, asked: Native, imp: Imp, tail: Rules) -> Iterator[Chance]:
        index = self._index
        ask = ask_of(asked.request) if asked.request else None
        head: Rules = []
        if ask is None:
            _guard(head, funnel.MEDIA, index.predicates.nothing)
        else:
            _guard(head, funnel.MEDIA, index.media[NATIVE])
            if ask.image_w or ask.image_h:
                _guard(head, funnel.SIZE, index.image_pick(ask.image_w, ask.image_h))
        found = self._passing(head, asked.battr, tail, imp)
        if found is not None:
            slot = Slot(NATIVE, MTYPE[NATIVE], ask=asked.request or "")
            yield Chance(slot, [], found, 0)

    def _floor_rules(self, imp: Imp, currency: str) -> Rules:
        index = self._index
        rules: Rules = []
        _guard(rules, funnel.CURRENCY, index.currencies.only(currency))
        floor = floor_micros(imp.bidfloor) if imp.bidfloor is not None else 0
        if not floor:
            return rules
        if (imp.bidfloorcur or DEFAULT_CURRENCY).upper() != currency:
            _guard(rules, funnel.CURRENCY, index.predicates.nothing)
            return rules
        count = index.affordable(floor)
        if count < len(index.rows):
            lead(index.predicates.bits, count, index.floor_pick)
            _guard(rules, funnel.FLOOR, index.floor_pick)
        return rules

    def _passing(
        self, head: Rules, battr: list[int] | None, tail: Rules, imp: Imp
    ) -> NDArray[np.int32] | None:
        index = self._index
        rules = head + self._early
        for pick in index.attrs.picks(battr or ()):
            _guard(rules, funnel.ATTRIBUTE, pick)
        rules += tail
        rules += self._late
        if imp.secure == 1:
            _guard(rules, funnel.SECURE, index.secure)
        picks = [pick for _, pick in rules] or [EVERYTHING]
        count, place = survivors(index.predicates.bits, picks, index.alive, index.out)
        if count:
            return index.out[:count]
        self.fallen = deepest(self.fallen, rules[place][0])
        return None


def _guard(rules: Rules, stage: str, pick: int) -> None:
    if pick != EVERYTHING:
        rules.append((stage, pick))


def floor_micros(floor: Decimal) -> int:
    """Return a floor in micros, rounded up: a bid may meet it but never fall short.

    A negative floor is none; one that is no number is above every bid.
    """
    if floor.is_nan() or floor > FLOOR_MAX:
        return FLOOR_MICROS_OUT_OF_REACH
    if floor <= 0:
        return 0
    return int((floor * 1_000_000).to_integral_value(ROUND_CEILING))


def _newest(protocols: list[int] | None) -> int:
    if not protocols:
        return VAST_3
    return next((number for number in PROTOCOLS_WRITTEN if number in protocols), VAST_3)


def _segments(request: BidRequest) -> tuple[str, ...]:
    user = request.user
    if user is None or not user.data or not consent_of(request).allows_user_data:
        return ()
    held = (segment.id for part in user.data for segment in part.segment or ())
    return tuple(sorted({name for name in held if name}))


def _names(place: Site | App | None) -> list[str]:
    """Return what a site or app may be listed as: its domain, all above it, its bundle."""
    if place is None:
        return []
    if isinstance(place, Site):
        return parent_domains(_host(place.domain or place.page or ""))
    names = parent_domains(_host(place.domain or ""))
    return [*names, place.bundle.lower()] if place.bundle else names


def _host(said: str) -> str:
    """Return the host of what may be a domain or a whole address."""
    text = said.strip().lower()
    if "/" in text:
        text = text.partition("://")[2] or text
        text = text.partition("/")[0]
    return text.partition(":")[0].rstrip(".")
