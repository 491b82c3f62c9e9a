"""Sets of vendors as text, `1-3,7`: readable in an event, and short for a thousand of them."""

from collections.abc import Iterable
from functools import lru_cache, reduce
from operator import or_

EVERYONE, NOBODY = "*", ""

# Vendor ids of the partners we deliver to, in IAB Europe's Global Vendor List.
PARTNERS: dict[str, int] = {
    "dv360": 755,
    "the_trade_desk": 21,
    "amazon_dsp": 793,
    "yahoo_dsp": 25,
}
_ALIASES = {
    "google": "dv360",
    "google_dv360": "dv360",
    "ttd": "the_trade_desk",
    "amazon": "amazon_dsp",
    "yahoo": "yahoo_dsp",
    "meta": "meta_ads",
}
OURS = (*PARTNERS, "meta_ads")  # Meta is not on the list, so no TC string speaks of it


def named(partner: str) -> str:
    """Return the one name we use for a partner."""
    return _ALIASES.get(partner, partner)


def vendor_of(partner: str | int) -> int | None:
    """Return a partner's vendor id; None for one that the list does not have."""
    if isinstance(partner, int):
        return partner
    if partner.isascii() and partner.isdigit():
        return int(partner)
    return PARTNERS.get(named(partner))


def text_of(ranges: Iterable[tuple[int, int]]) -> str:
    """Return (first, last) ranges as text, sorted and joined where they touch."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return ",".join(f"{first}-{last}" if last > first else str(first) for first, last in joined)


def among(text: str, others: str) -> str:
    """Return the vendors that are in both sets."""
    return spelled(members(text) & members(others))


def without(text: str, others: str) -> str:
    """Return the vendors of a set that are not in the other."""
    return spelled(members(text) & ~members(others))


def union(*texts: str) -> str:
    """Return the vendors that are in any of the sets."""
    return spelled(reduce(or_, map(members, texts)))


def spelled(found: int) -> str:
    """Return a set in a number as text."""
    if found < 0:
        return EVERYONE
    bits = f"{found:b}"[::-1]
    return text_of((number, number) for number, bit in enumerate(bits) if bit == "1")


@lru_cache(maxsize=1_024)
def members(text: str) -> int:
    """Return the set as a number whose bit n is vendor n; everyone is -1."""
    if text == EVERYONE:
        return -1
    found = 0
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found |= ((1 << (int(last or first) - int(first) + 1)) - 1) << int(first)
    return found


def holds(text: str, vendor: int) -> bool:
    """Return whether the vendor is in the set."""
    return vendor > 0 and bool(members(text) >> vendor & 1)
