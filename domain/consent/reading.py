"""What one signal says about a person's consent, and what several say together.

The stricter wins: a use is allowed when at least one signal says yes, and none says no.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from domain.consent.purposes import EVERY, numbers_of
from domain.consent.vendors import EVERYONE, NOBODY, holds, named, vendor_of


class Signal(StrEnum):
    """Where a word on consent came from."""

    TC_STRING = "tc_string"
    GPP_EUROPE = "gpp_tcf_eu"
    GPP_CANADA = "gpp_tcf_ca"
    GPP_US = "gpp_us"
    US_PRIVACY = "us_privacy"
    GPC = "gpc"
    CHOICES = "choices"


class Reading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One signal's word. `opts_in` says whether its yes counts here, or only its no.

    `vendors` is a set as text. `named` and `partners` are names outside TCF; None is no word
    on them. `barred` maps purposes to vendors whom the publisher forbids them.
    """

    signal: Signal
    opts_in: bool
    purposes: tuple[int, ...] = ()
    special_features: tuple[int, ...] = ()
    vendors: str = NOBODY
    named: tuple[str, ...] | None = None
    partners: tuple[str, ...] | None = None
    barred: dict[int, str] = {}


def permits(readings: Iterable[Reading], purpose: int | str, partner: int | str | None) -> bool:
    """Return whether these signals together allow a partner this purpose; None is ourselves."""
    words = [(reading.opts_in, _word(reading, purpose, partner)) for reading in readings]
    return any(counts and word for counts, word in words) and not any(
        word is False for _, word in words
    )


def purposes_of(readings: Sequence[Reading]) -> tuple[int, ...]:
    """Return the standard purposes that are allowed to ourselves."""
    return tuple(number for number in EVERY if permits(readings, number, None))


def named_of(readings: Sequence[Reading]) -> tuple[str, ...]:
    """Return the purposes outside TCF that are allowed."""
    names = {name for reading in readings for name in reading.named or ()}
    return tuple(sorted(name for name in names if permits(readings, name, None)))


def special_features_of(readings: Sequence[Reading]) -> tuple[int, ...]:
    """Return the special features (1 precise location, 2 scanning the device) agreed to."""
    asked = [set(reading.special_features) for reading in readings]
    return tuple(sorted(set.intersection(*asked))) if asked else ()


def _word(reading: Reading, purpose: int | str, partner: int | str | None) -> bool | None:
    words = (_on_purpose(reading, purpose), partner is None or _on_partner(reading, partner))
    if False in words or _is_barred(reading, purpose, partner):
        return False
    return None if None in words else True


def _on_purpose(reading: Reading, purpose: int | str) -> bool | None:
    numbers = numbers_of(purpose)
    if numbers is not None:
        return set(numbers) <= set(reading.purposes)
    return None if reading.named is None else purpose in reading.named


def _on_partner(reading: Reading, partner: int | str) -> bool | None:
    if reading.vendors == EVERYONE:
        return True
    vendor = vendor_of(partner)
    if vendor is not None:
        return holds(reading.vendors, vendor)
    return None if reading.partners is None else named(str(partner)) in reading.partners


def _is_barred(reading: Reading, purpose: int | str, partner: int | str | None) -> bool:
    vendor = None if partner is None else vendor_of(partner)
    if vendor is None or not reading.barred:
        return False
    return any(
        holds(reading.barred.get(number, NOBODY), vendor) for number in numbers_of(purpose) or ()
    )
