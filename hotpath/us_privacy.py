"""The US Privacy string and Global Privacy Control.

Sources: IAB, "U.S. Privacy String" 1.0 (four characters: version, notice given, opted out of
sale, under the LSPA; each `Y`, `N` or `-` for does not apply); W3C, "Global Privacy Control",
section 2 (the request header `Sec-GPC: 1`).
"""

import re
from typing import NamedTuple

from hotpath.consent_string import BrokenConsent

_SHAPE = re.compile(r"1([YN-])([YN-])([YN-])")


class UsPrivacy(NamedTuple):
    """Each is `Y`, `N`, or `-` where it does not apply."""

    notice: str
    opted_out: str
    lspa: str


def us_privacy(text: str) -> UsPrivacy:
    """Return what `1YNN` and its like say; raises `BrokenConsent`."""
    if not text:
        raise BrokenConsent("empty")
    if not (found := _SHAPE.fullmatch(text.upper() if text.isascii() else "")):
        raise BrokenConsent("us_privacy_malformed")
    return UsPrivacy(*found.groups())


def global_privacy_control(header: str | None) -> bool:
    """Return whether `Sec-GPC` asks not to sell or share; only `1` does."""
    return header is not None and header.strip() == "1"
