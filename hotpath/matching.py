"""Turning a request's rules into predicates, and finding who passes them all.

A video or audio offer's own length, type and protocol count only where both sides state
them. A floor in another currency than the bid's lets nobody through: we hold no rates.
"""

from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from hotpath import funnel
from hotpath.creative import Slot
from hotpath.features import cats_of, keywords_of
from hotpath.funnel import deepest
from hotpath.index import Row, TenantIndex, parent_domains
from hotpath.index_countries import country_code
from hotpath.index_device import devices_of
from hotpath.index_media import AUDIO, BANNER, NATIVE, PROTOCOLS_WRITTEN, VIDEO, mime_named
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
MICROS, NO_FLOOR = Decimal(1_000_000), Decimal(0)
FLOOR_MAX = Decimal(10**12)  # currency units; above it nothing bids, and arithmetic stays small
FLOOR_MICROS_OUT_OF_REACH = 2**62
DEFAULT_CURRENCY = "USD"
DURATION_S_MAX = 86_400
VAST_3 = 3

Sizes = list[tuple[int, int]]
Asked = Banner | Video | Native | Audio


class Chance:
    """One way to fill an impression: what it asks for, and the offers that suit, ascending.

    `position` is where on the page it would be shown (AdCOM, "Placement Positions"), 0 unknown.
    """

    def __init__(self, medium: str, asked: Asked, position: int, offers: NDArray[np.int32]) -> None:
        self.medium = medium
        self.asked = asked
        self.position = position
        self.offers = offers


class Matching:
    """One request against one tenant's offers; `fallen` is the furthest stage of its losers.

    `seat` is who we bid as, `now_s` seconds since 1970. `cats`, `keywords`, `segments` and
    `device` describe the person and place, as far as we may look at it.
    """

    def __init__(self, index: TenantIndex, request: BidRequest, *, seat: str, now_s: int) -> None:
        self.fallen = funnel.MEDIA
        self._index = index
        place, device = request.site or request.app, request.device
        devices = devices_of(device) if device is not None else ()
        segments = _segments(request) if request.user is not None else ()
        self.cats = cats_of(place) if place is not None else ()
        self.keywords = keywords_of(place) if place is not None else ""
        self.segments = segments
        self.device = devices[0] if devices else ""
        self._early = self._place_picks(request, devices)
        self._late = [
            index.schedule_pick(now_s),
            EVERYTHING if _seated(request, seat) else index.no_seat,
            index.segments.pick(segments) if segments else index.segments.anyone,
        ]

    def _place_picks(self, request: BidRequest, devices: tuple[str, ...]) -> list[int]:
        index, geo = self._index, request.device.geo if request.device is not None else None
        picks = [
            index.geo.only(country_code(geo.country)) if geo is not None else index.geo.anyone,
            index.devices.pick(devices) if devices else index.devices.anyone,
        ]
        if index.allowed or index.blocked:
            names = _names(request.site or request.app)
            picks.append(index.allowed.pick(names))
            picks += index.blocked.picks(names)
        if request.bcat:
            picks += index.cats.picks(request.bcat)
        if request.badv:
            picks += index.adomains.picks(map(_host, request.badv))
        return picks

    def chances(self, imp: Imp, currency: str) -> list[Chance]:
        """Return the ways to fill `imp` that at least one offer suits."""
        banner, video, native, audio = imp.banner, imp.video, imp.native, imp.audio
        end = self._money_picks(imp, currency)
        end += self._late
        if imp.secure == 1:
            end.append(self._index.secure)
        found: list[Chance] = []
        if banner is not None:
            picks = self._banner_picks(banner)
            self._pass(found, BANNER, banner, banner.pos or 0, picks, end)
        if video is not None:
            picks = self._player_picks(VIDEO, video)
            if video.w and video.h:
                picks.append(self._index.player_pick(video.w, video.h))
            self._pass(found, VIDEO, video, video.pos or 0, picks, end)
        if native is not None:
            self._pass(found, NATIVE, native, 0, self._native_picks(native), end)
        if audio is not None:
            self._pass(found, AUDIO, audio, 0, self._player_picks(AUDIO, audio), end)
        return found

    def _pass(  # noqa: PLR0917 - a C function when compiled, and those take no names
        self,
        found: list[Chance],
        medium: str,
        asked: Asked,
        position: int,
        picks: list[int],
        end: list[int],
    ) -> None:
        index = self._index
        picks += self._early
        if asked.battr:
            picks += index.attrs.picks(asked.battr)
        picks += end
        predicates = index.predicates
        sieve = predicates.sieve
        count, place = sieve.survivors(picks)
        if count:
            # Copied, since the next way to fill the impression is written to the same place.
            found.append(Chance(medium, asked, position, sieve.out[:count].copy()))
        else:
            self.fallen = deepest(self.fallen, predicates.stage_of[picks[place]])

    def _banner_picks(self, banner: Banner) -> list[int]:
        index, sizes = self._index, banner_sizes(banner)
        return [index.media[BANNER], index.sizes.pick(sizes) if sizes else index.own_sizes]

    def _player_picks(self, medium: str, player: Video | Audio) -> list[int]:
        index = self._index
        picks = [index.media[medium]]
        if player.mimes:
            picks.append(index.mimes.pick(map(mime_named, player.mimes)))
        if player.protocols:
            picks.append(index.protocols.pick(player.protocols))
        if player.minduration or player.maxduration:
            longest = player.maxduration or DURATION_S_MAX
            picks.append(index.duration_pick(player.minduration or 0, longest))
        return picks

    def _native_picks(self, native: Native) -> list[int]:
        index = self._index
        ask = ask_of(native.request) if native.request else None
        if ask is None:
            return [index.no_media]
        picks = [index.media[NATIVE]]
        if ask.image_w or ask.image_h:
            picks.append(index.image_pick(ask.image_w, ask.image_h))
        return picks

    def _money_picks(self, imp: Imp, currency: str) -> list[int]:
        index = self._index
        spoken = index.currencies.only(currency)
        floor = floor_micros(imp.bidfloor) if imp.bidfloor is not None else 0
        if not floor:
            return [spoken]
        if (imp.bidfloorcur or DEFAULT_CURRENCY).upper() != currency:
            return [index.no_currency]
        return [spoken, index.floor_pick(floor)]


def slot_of(chance: Chance, row: Row) -> Slot:
    """Return what of an impression shapes the markup of the offer that won it."""
    asked, medium = chance.asked, chance.medium
    if isinstance(asked, Banner):
        w, h = _served(asked, row)
        return Slot(medium, MTYPE[medium], w, h)
    if isinstance(asked, Native):
        return Slot(medium, MTYPE[medium], ask=asked.request or "")
    w, h = (asked.w or 0, asked.h or 0) if isinstance(asked, Video) else (0, 0)
    protocol = _newest(asked.protocols)
    return Slot(medium, MTYPE[medium], w, h, protocol, asked.maxduration or 0)


def _served(banner: Banner, row: Row) -> tuple[int, int]:
    if row.offer.w:
        return row.offer.w, row.offer.h
    wanted = [tuple(size) for size in row.campaign.sizes]
    for size in banner_sizes(banner):
        if not wanted or size in wanted:
            return size
    return row.campaign.sizes[0] if wanted else (0, 0)


def banner_sizes(banner: Banner) -> Sizes:
    """Return the sizes a banner may have, the preferred first; none means any."""
    sizes = [(size.w, size.h) for size in banner.format or () if size.w and size.h]
    if banner.w and banner.h:
        sizes.append((banner.w, banner.h))
    return sizes


def _seated(request: BidRequest, seat: str) -> bool:
    """Whether the request lets our seat bid: named in `wseat`, or not barred by `bseat`."""
    if request.wseat and seat not in request.wseat:
        return False
    return not (request.bseat and seat in request.bseat)


def floor_micros(floor: Decimal) -> int:
    """Return a floor in micros, rounded up: a bid may meet it but never fall short.

    A negative floor is none; one that is no number is above every bid.
    """
    if floor.is_nan() or floor > FLOOR_MAX:
        return FLOOR_MICROS_OUT_OF_REACH
    if floor <= NO_FLOOR:
        return 0
    micros = floor * MICROS
    whole = int(micros)
    return whole if whole == micros else whole + 1


def _newest(protocols: list[int] | None) -> int:
    for number in PROTOCOLS_WRITTEN:
        if protocols and number in protocols:
            return number
    return VAST_3


def _segments(request: BidRequest) -> tuple[str, ...]:
    user = request.user
    if user is None or not user.data or not consent_of(request).allows_user_data:
        return ()
    held = (segment.id for part in user.data for segment in part.segment or ())
    return tuple(sorted({name for name in held if name}))


def _names(place: Site | App | None) -> tuple[str, ...]:
    """Return what a site or app may be listed as: its domain, all above it, its bundle."""
    if place is None:
        return ()
    if isinstance(place, Site):
        return parent_domains(_host(place.domain or place.page or ""))
    names = parent_domains(_host(place.domain or ""))
    return (*names, place.bundle.lower()) if place.bundle else names


def _host(said: str) -> str:
    """Return the host of what may be a domain or a whole address."""
    text = said.strip().lower()
    if "/" in text:
        text = text.partition("://")[2] or text
        text = text.partition("/")[0]
    return text.partition(":")[0].rstrip(".")
