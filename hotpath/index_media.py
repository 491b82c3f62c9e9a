"""What an offer is made of: which media it can fill and what a player must know of it.

Sources: AdCOM 1.0, list "Creative Subtypes - Audio/Video"; IAB VAST 2.0 to 4.3; W3C Media
Fragments URI 1.0, section 4.2.1 (`#t=0,15` says that the file plays 15 seconds).
"""

import re
from typing import NamedTuple

from hotpath.campaign import HotCampaign, HotOffer

BANNER, VIDEO, NATIVE, AUDIO = "banner", "video", "native", "audio"
MEDIA = (BANNER, VIDEO, NATIVE, AUDIO)

_CHANNELS = {
    "display": {BANNER, NATIVE},
    "banner": {BANNER},
    "video": {VIDEO},
    "native": {NATIVE},
    "audio": {AUDIO},
}
_MIMES = {
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
}
# The same kind of file goes by several names in real requests.
_SAME_MIME = {
    "audio/mp3": "audio/mpeg",
    "audio/x-m4a": "audio/mp4",
    "audio/m4a": "audio/mp4",
    "audio/aac": "audio/mp4",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "video/mov": "video/quicktime",
}
_PAGES = {"html", "htm", "js", "php"}
_PROTOCOLS_INLINE = {"1": 1, "2": 2, "3": 3, "4": 7, "4.1": 11, "4.2": 13, "4.3": 15}
_PROTOCOLS_WRAPPER = {"1": 4, "2": 5, "3": 6, "4": 8, "4.1": 12, "4.2": 14, "4.3": 16}
# For a file we write the VAST ourselves, in whatever version the player asks for.
PROTOCOLS_WRITTEN = {15: "4.3", 13: "4.2", 11: "4.1", 7: "4.0", 3: "3.0", 2: "2.0"}

_VAST = re.compile(r"(?i)\s*(?:<\?xml[^>]*\?>)?\s*<VAST\b[^>]*?\bversion\s*=\s*[\"'](\d)\.?(\d?)")
_IS_VAST = re.compile(r"\s*(?:<\?xml[^>]*\?>)?\s*<VAST\b", re.IGNORECASE)
_MEDIA_TYPE = re.compile(r"<MediaFile\b[^>]*\btype\s*=\s*[\"']([^\"']+)", re.IGNORECASE)
_DURATION = re.compile(r"<Duration>\s*(\d+):(\d\d):(\d\d)", re.IGNORECASE)
_FRAGMENT = re.compile(r"#t=(?:npt:)?(\d+(?:\.\d+)?)?,(\d+(?:\.\d+)?)$")


class Creative(NamedTuple):
    """What an offer can be: no duration means that it is not known, "" any MIME type."""

    media: frozenset[str]
    mime: str
    protocols: frozenset[int]
    duration_s: float | None
    is_vast: bool
    is_page: bool
    insecure: bool


def mime_named(said: str) -> str:
    """Return the one name we use for a MIME type."""
    name = said.strip().lower()
    return _SAME_MIME.get(name, name)


def creative_of(campaign: HotCampaign, offer: HotOffer) -> Creative:
    """Read from an offer's markup or file name what it can be shown as."""
    if _IS_VAST.match(offer.markup):
        made = _vast(offer.markup)
    elif offer.creative_url and not offer.markup:
        made = _file(offer.creative_url)
    else:
        made = _Made(frozenset({BANNER}))
    media = made.media & _media_wanted(campaign.channels)
    insecure = "http://" in offer.markup or offer.creative_url.lower().startswith("http://")
    return Creative(
        media, made.mime, made.protocols, made.duration_s, made.is_vast, made.is_page, insecure
    )


class _Made(NamedTuple):
    media: frozenset[str]
    mime: str = ""
    protocols: frozenset[int] = frozenset()
    duration_s: float | None = None
    is_vast: bool = False
    is_page: bool = False


def _media_wanted(channels: list[str]) -> set[str]:
    named = [_CHANNELS[name] for name in map(str.lower, channels) if name in _CHANNELS]
    return set().union(*named) if named else set(MEDIA)


def _file(url: str) -> _Made:
    path = url.partition("#")[0].partition("?")[0].lower()
    ending = path.rpartition("/")[2].rpartition(".")[2]
    mime = _MIMES.get(ending, "")
    if not mime:
        page = ending in _PAGES
        return _Made(frozenset({BANNER} if page else {BANNER, NATIVE}), is_page=page)
    medium = mime.partition("/")[0]
    fragment = _FRAGMENT.search(url)
    played = float(fragment[2]) - float(fragment[1] or 0) if fragment else 0.0
    return _Made(frozenset({medium}), mime, frozenset(PROTOCOLS_WRITTEN), played or None)


def _vast(markup: str) -> _Made:
    found = _MEDIA_TYPE.search(markup)
    mime = mime_named(found[1]) if found else ""
    medium = AUDIO if mime.startswith("audio/") else VIDEO
    length = _DURATION.search(markup)
    duration_s = None
    if length:
        duration_s = float(int(length[1]) * 3600 + int(length[2]) * 60 + int(length[3]))
    return _Made(frozenset({medium}), mime, _protocols(markup), duration_s, is_vast=True)


def _protocols(markup: str) -> frozenset[int]:
    version = _VAST.match(markup)
    if not version:
        return frozenset()
    known = _PROTOCOLS_WRAPPER if "<wrapper" in markup.lower() else _PROTOCOLS_INLINE
    major, minor = version[1], version[2]
    name = f"{major}.{minor}" if major == "4" and minor not in {"", "0"} else major
    return frozenset({known[name]}) if name in known else frozenset()
