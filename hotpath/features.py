"""The 256 features of a request and of an offer, as signed bytes.

The layout is the business requirements' (FR-RTB-003, "Feature Vector Layout"):

| range | content |
|---|---|
| 0..63 | interests: categories and words, hashed with a sign into 64 places, length 127 |
| 64..127 | segments, each hashed to one place that holds 64 |
| 128..135 | loyalty: zero until the loyalty profile is joined |
| 136..139 | recency (zero), frequency (zero), device class, position on the page |
| 140..255 | zero |

Hashing with a sign (Weinberger et al., 2009, "Feature Hashing for Large Scale Multitask
Learning") keeps the expected product of two vectors that share nothing at zero.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from hotpath.openrtb import App, Site
from hotpath.scoring import DIMENSIONS

INTERESTS = 64
SEGMENT_AT, SEGMENTS, SEGMENT_HELD = 64, 64, 64
DEVICE_AT, POSITION_AT = 138, 139
LENGTH = 127.0

DEVICE_VALUE = {"": 0, "mobile": 32, "tablet": 64, "desktop": 96, "ctv": 127}
# AdCOM 1.0, list "Placement Positions": 1 above the fold, 3 below it, 4..6 header, footer,
# sidebar, 7 full screen; what is not named has no value.
POSITION_VALUE = {1: 96, 3: 32, 4: 64, 5: 32, 6: 48, 7: 127}

_WORD = re.compile(r"[^\W_]+")
KEYWORDS_MAX = 64


def interest_tokens(cats: Iterable[str], words: Iterable[str]) -> list[str]:
    """Return what two sides can share: categories with their parents, and words."""
    tokens = []
    for cat in cats:
        tokens.append(f"cat:{cat}")
        parent, dash, _ = cat.partition("-")
        if dash:
            tokens.append(f"cat:{parent}")
    return tokens + [f"word:{word}" for word in words]


def offer_vector(cats: Sequence[str], name: str) -> NDArray[np.int8]:
    """Return an offer's features: its categories and the words of its name."""
    vector = np.zeros(DIMENSIONS, np.int8)
    vector[:INTERESTS] = _interests(tuple(interest_tokens(cats, _words(name))))
    return vector


@lru_cache(maxsize=4_096)
def profile_vector(
    cats: tuple[str, ...],
    keywords: str,
    segments: tuple[str, ...],
    device: str,
    position: int,
) -> NDArray[np.int8]:
    """Return a request's features; the array is shared and must not be written to."""
    vector = np.zeros(DIMENSIONS, np.int8)
    vector[:INTERESTS] = _interests(tuple(interest_tokens(cats, _words(keywords))))
    for segment in segments:
        vector[SEGMENT_AT + _hash(segment) % SEGMENTS] = SEGMENT_HELD
    vector[DEVICE_AT] = DEVICE_VALUE.get(device, 0)
    vector[POSITION_AT] = POSITION_VALUE.get(position, 0)
    vector.flags.writeable = False
    return vector


def cats_of(place: Site | App) -> tuple[str, ...]:
    """Return the categories a request states for its site or app, the narrowest ones too."""
    cats = [*(place.cat or ()), *(place.sectioncat or ()), *(place.pagecat or ())]
    if place.content is not None:
        cats += place.content.cat or ()
    return tuple(dict.fromkeys(cats))


def keywords_of(place: Site | App) -> str:
    """Return the keywords a request states for its site or app, comma separated."""
    more = place.content.keywords if place.content is not None else None
    return ",".join(filter(None, (place.keywords, more)))


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(_WORD.findall(text.lower())))[:KEYWORDS_MAX]


def _interests(tokens: tuple[str, ...]) -> NDArray[np.int8]:
    sums = np.zeros(INTERESTS)
    for token in tokens:
        hashed = _hash(token)
        sums[hashed % INTERESTS] += 1.0 if hashed & (1 << 63) else -1.0
    length = float(np.sqrt(sums @ sums))
    return np.rint(sums * (LENGTH / length) if length else sums).astype(np.int8)


@lru_cache(maxsize=65_536)
def _hash(token: str) -> int:
    digest = blake2b(token.encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little")
