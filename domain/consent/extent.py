"""How far consent reaches, so that a narrower one can be told from a wider one."""

from collections.abc import Sequence
from typing import NamedTuple

from domain.consent.reading import (
    Reading,
    named_of,
    permits,
    purposes_of,
    special_features_of,
)
from domain.consent.vendors import NOBODY, OURS, members


class Extent(NamedTuple):
    """All that is allowed; `vendors` and `barred` are sets as numbers, everyone being -1."""

    purposes: frozenset[int]
    named: frozenset[str]
    special_features: frozenset[int]
    vendors: int
    partners: frozenset[str]
    barred: dict[int, int]

    def is_nothing(self) -> bool:
        return not (self.purposes or self.named)

    def exceeds(self, other: "Extent") -> bool:
        """Return whether something is allowed here that is not allowed there."""
        if self.is_nothing() or other.is_nothing():
            return not self.is_nothing()
        return bool(
            self.purposes - other.purposes
            or self.named - other.named
            or self.special_features - other.special_features
            or self.partners - other.partners
            or self.vendors & ~other.vendors
            or any(
                other.barred.get(purpose, 0) & ~self.barred.get(purpose, 0) & self.vendors
                for purpose in self.purposes
            )
        )


def extent_of(readings: Sequence[Reading]) -> Extent:
    """Return how far these readings reach together."""
    allowed: list[int | str] = [*purposes_of(readings), *named_of(readings)]
    return Extent(
        purposes=frozenset(purposes_of(readings)),
        named=frozenset(named_of(readings)),
        special_features=frozenset(special_features_of(readings)),
        vendors=vendors_of(readings),
        partners=frozenset(
            partner
            for partner in _names(readings)
            if any(permits(readings, purpose, partner) for purpose in allowed)
        ),
        barred=barred_by(readings),
    )


def vendors_of(readings: Sequence[Reading]) -> int:
    """Return the vendors whom every reading allows, as a set in a number."""
    allowed = -1 if any(reading.opts_in for reading in readings) else members(NOBODY)
    for reading in readings:
        allowed &= members(reading.vendors)
    return allowed


def barred_by(readings: Sequence[Reading]) -> dict[int, int]:
    """Return by purpose the vendors whom it is forbidden."""
    barred: dict[int, int] = {}
    for reading in readings:
        for purpose, vendors in reading.barred.items():
            barred[purpose] = barred.get(purpose, 0) | members(vendors)
    return barred


def _names(readings: Sequence[Reading]) -> set[str]:
    return {*OURS, *(name for reading in readings for name in reading.partners or ())}
