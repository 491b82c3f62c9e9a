"""Why a pixel is refused, in words for its sender and as a row for its owner.

A pixel is `GET /api/pixel/{visit,registration,deposit}` with `playerId` and `bannerTag` (at most
256 bytes of UTF-8), and optionally `s` and `b` (256), `t` (a site key; needed when the platform
has several tenants), `e` (128, the client's own event id), and for a deposit `v` (decimal, up to
12 digits and 6 decimals) with `cur` (ISO 4217, USD when absent). Other parameters are ignored.

Its event id is blake2b-128 over length-prefixed parts: (tenant, kind, "e", e) when `e` is given,
else (tenant, kind, "natural", UTC day as i64, playerId, bannerTag, s, b, micros as i64, cur).
"""

from typing import NamedTuple

import msgspec

from hotpath.facts import encode_row, fresh_event_id
from hotpath.query import NAMES
from hotpath.server_replies import Replies

PATH = b"/api/pixel/"
KIND_PIXEL_REFUSED = 3
LIMITS = {"playerId": 256, "bannerTag": 256, "s": 256, "b": 256, "e": 128}
DETAIL_BYTES_MAX = 2048
EVENT_CHARS_SHOWN = 64

_MESSAGES = {
    "missing": "is required",
    "unknown": "is not known here",
    "repeated": "is given more than once",
    "malformed": "is not well formed",
    "not_utf8": "is not UTF-8",
    "too_long": "is too long",
}
_WORDED = {
    ("event", "unknown"): "must be visit, registration or deposit",
    ("v", "malformed"): "must be a decimal number with at most 12 digits and 6 decimals",
    ("cur", "malformed"): "must be an ISO 4217 code such as USD",
    ("t", "unknown"): "is not a site key of any tenant",
}


class Read(NamedTuple):
    """What was read of a refused pixel; `tenant` is empty when it cannot be told."""

    event: str
    tenant: str
    values: list[bytes | None]
    faults: list[tuple[str, str]]
    at_us: int
    source_ip: bytes
    user_agent: bytes


def refuse(read: Read, replies: Replies) -> tuple[bytes, bytes, str]:
    """Return the 400 response, the `rejected` row and its reason, for example `v_malformed`."""
    faults = _all_faults(read)
    reason = "_".join(faults[0])
    errors = [(name, _WORDED.get((name, fault), _MESSAGES[fault])) for name, fault in faults]
    detail = "; ".join(f"{name} {message}" for name, message in errors)
    response = replies.problem(400, reason, f"This pixel was not counted: {detail}.", errors=errors)
    return response, _row(read, reason, faults), reason


def _all_faults(read: Read) -> list[tuple[str, str]]:
    faults = list(read.faults)
    faulty = {name for name, _ in faults}
    for name, value in zip(NAMES, read.values, strict=True):
        if name in faulty:
            continue
        if value is None and name in {"playerId", "bannerTag"}:
            faults.append((name, "missing"))
        elif value is not None and len(value) > LIMITS.get(name, len(value)):
            faults.append((name, "too_long"))
    # The event comes first, then the parameters in their documented order.
    order = ("event", *NAMES)
    return sorted(faults, key=lambda fault: order.index(fault[0]))


def _row(read: Read, reason: str, faults: list[tuple[str, str]]) -> bytes:
    shown = dict(zip(NAMES, read.values, strict=True))
    kept = {name: _clipped(shown[name], LIMITS[name]) for name in ("playerId", "bannerTag")}
    told = {
        "event": read.event[:EVENT_CHARS_SHOWN],
        "reasons": ["_".join(fault) for fault in faults][:20],
    }
    return encode_row(
        fresh_event_id(),
        read.tenant,
        "rejected",
        read.at_us,
        player=kept["playerId"],
        banner_tag=kept["bannerTag"],
        reason=reason,
        source_ip=read.source_ip,
        user_agent=read.user_agent,
        detail=msgspec.json.encode(told)[:DETAIL_BYTES_MAX],
    )


def _clipped(value: bytes | None, size_max: int) -> bytes:
    """Cut at a character's edge, so that what is left is still UTF-8."""
    if value is None or len(value) <= size_max:
        return value or b""
    return value[:size_max].decode("utf-8", "ignore").encode()
