"""What a native impression asks for, and the assets we can answer it with.

Source: IAB Tech Lab, OpenRTB Dynamic Native Ads API 1.2, sections 4 (request), 5 (response)
and 7 (asset and event types).
"""

from functools import lru_cache

import msgspec

from hotpath.campaign import HotOffer

SPONSORED, DESCRIPTION, DISPLAY_URL = 1, 2, 11
WRITTEN = {SPONSORED, DESCRIPTION, DISPLAY_URL}
IMPRESSION_EVENT, IMAGE_METHOD = 1, 1
ASK_CHARS_MAX = 16_384


class Title(msgspec.Struct, frozen=True):
    len: int | None = None


class Img(msgspec.Struct, frozen=True):
    type: int | None = None
    w: int | None = None
    h: int | None = None
    wmin: int | None = None
    hmin: int | None = None


class Written(msgspec.Struct, frozen=True):
    type: int | None = None
    len: int | None = None


class Clip(msgspec.Struct, frozen=True):
    """A video asset: we know that it is asked for, and never have one."""


class Asset(msgspec.Struct, frozen=True):
    id: int = 0
    required: int | None = None
    title: Title | None = None
    img: Img | None = None
    data: Written | None = None
    video: Clip | None = None


class Tracker(msgspec.Struct, frozen=True):
    event: int | None = None
    methods: list[int] | None = None


class _Asked(msgspec.Struct, frozen=True):
    assets: list[Asset]
    eventtrackers: list[Tracker] | None = None


class _Root(msgspec.Struct, frozen=True):
    """Before 1.1 everything lay under `native`; some exchanges still send it so."""

    native: _Asked | None = None
    assets: list[Asset] | None = None
    eventtrackers: list[Tracker] | None = None


class Ask(msgspec.Struct, frozen=True):
    """A native request that can be answered: no required asset is beyond us.

    `image_w`, `image_h` are the pixels its required images need at least, 0 for any.
    """

    assets: list[Asset]
    wrapped: bool
    wants_events: bool
    image_w: int
    image_h: int


_decode = msgspec.json.Decoder(_Root, strict=False).decode


@lru_cache(maxsize=1_024)
def ask_of(request: str) -> Ask | None:
    """Return what `imp.native.request` asks for, or nothing when we cannot serve it."""
    if len(request) > ASK_CHARS_MAX:
        return None
    try:
        root = _decode(request)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    asked = root.native or (root if root.assets is not None else None)
    if asked is None or not asked.assets:
        return None
    assets = asked.assets
    required = [asset for asset in assets if asset.required]
    if not all(map(_can_fill, required)):
        return None
    images = [asset.img for asset in required if asset.img is not None]
    return Ask(
        assets=assets,
        wrapped=root.native is not None,
        wants_events=any(map(_is_impression, asked.eventtrackers or ())),
        image_w=max((img.wmin or 0 for img in images), default=0),
        image_h=max((img.hmin or 0 for img in images), default=0),
    )


def _can_fill(asset: Asset) -> bool:
    if asset.data is not None:
        return asset.data.type in WRITTEN
    return asset.video is None and (asset.title is not None or asset.img is not None)


def _is_impression(tracker: Tracker) -> bool:
    return tracker.event == IMPRESSION_EVENT and IMAGE_METHOD in (tracker.methods or ())


def markup(ask: Ask, offer: HotOffer, *, sponsor: str, click: str, impression: str) -> str:
    """Return the native response as JSON; an asset we have nothing for is left out.

    `impression` "" leaves our pixel out.
    """
    assets = [filled for asset in ask.assets if (filled := _filled(asset, offer, sponsor))]
    answer: dict[str, object] = {"ver": "1.2", "assets": assets, "link": {"url": click}}
    if impression and ask.wants_events:
        event = {"event": IMPRESSION_EVENT, "method": IMAGE_METHOD, "url": impression}
        answer["eventtrackers"] = [event]
    elif impression:
        answer["imptrackers"] = [impression]
    return msgspec.json.encode({"native": answer} if ask.wrapped else answer).decode()


def _filled(asset: Asset, offer: HotOffer, sponsor: str) -> dict[str, object] | None:
    said: dict[str, object] = {"id": asset.id}
    if asset.required:
        said["required"] = 1
    if asset.title is not None:
        text = _fitted(offer.name, asset.title.len)
        return {**said, "title": {"text": text, "len": len(text)}}
    if asset.img is not None:
        return {**said, "img": _image(asset.img, offer)}
    if asset.data is not None and asset.data.type in WRITTEN:
        value = offer.name if asset.data.type == DESCRIPTION else sponsor
        value = _fitted(value, asset.data.len)
        return {**said, "data": {"type": asset.data.type, "value": value, "len": len(value)}}
    return None


def _image(asked: Img, offer: HotOffer) -> dict[str, object]:
    image: dict[str, object] = {"url": offer.creative_url}
    if asked.type:
        image["type"] = asked.type
    if offer.w:
        image |= {"w": offer.w, "h": offer.h}
    return image


def _fitted(text: str, length: int | None) -> str:
    """Cut a text to what the slot shows: a longer one would be refused or cut blindly."""
    if not length or length < 0 or len(text) <= length:
        return text
    return text[: length - 1].rstrip() + "…"
