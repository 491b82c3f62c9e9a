"""Choices made by name, where no consent platform speaks for the person."""

from collections.abc import Mapping
from itertools import pairwise

from domain.consent.purposes import ALL, chosen, numbers_of
from domain.consent.reading import Reading, Signal
from domain.consent.vendors import EVERYONE, named, text_of, vendor_of

VENDOR_MAX = 0xFFFF


def choices(purposes: Mapping[str, bool], partners: Mapping[str, bool]) -> Reading:
    """Return what was chosen: purposes and partners by number or name, yes or no."""
    own = (name for name, yes in purposes.items() if yes and numbers_of(name) is None)
    return Reading(
        signal=Signal.CHOICES,
        opts_in=True,
        purposes=chosen(purposes),
        vendors=_vendors(partners),
        named=tuple(sorted(own)),
        partners=tuple(sorted(_names(partners, yes=True) - _names(partners, yes=False) - {ALL})),
    )


def _names(partners: Mapping[str, bool], *, yes: bool) -> set[str]:
    return {named(name) for name, said in partners.items() if said is yes}


def _vendors(partners: Mapping[str, bool]) -> str:
    refused = {vendor_of(name) for name, yes in partners.items() if not yes}
    if not partners.get(ALL):
        agreed = {vendor_of(name) for name, yes in partners.items() if yes} - refused
        return text_of((vendor, vendor) for vendor in agreed if vendor is not None)
    if not [name for name, yes in partners.items() if not yes]:
        return EVERYONE
    out = sorted(vendor for vendor in refused if vendor is not None)
    edges = [0, *out, VENDOR_MAX + 1]
    gaps = pairwise(edges)
    return text_of((low + 1, high - 1) for low, high in gaps if low + 1 < high)
