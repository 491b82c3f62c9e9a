"""Lots of stars in the order of the record, so kept that a change copies only a few of them."""

import datetime as dt
from collections.abc import Iterator

import msgspec

from domain.money import Money

SHELF_MAX = 64


class Lot(msgspec.Struct, frozen=True, kw_only=True):
    """The stars of one purchase: `stars` of them count for tiers, `left` can be spent.

    `owed` were spent or ran out before the purchase was refunded: whatever comes back to this
    lot pays them first. Once it is spent, and nothing can be undone after `undoable_until`, the
    lot is let go of.
    """

    purchase: str
    paid: Money  # what was not refunded
    millionths: int
    stars: int
    left: int
    owed: int = 0
    earned_at: dt.datetime
    qualifies_until: dt.datetime
    undoable_until: dt.datetime


class Shelf(msgspec.Struct, frozen=True):
    """Neighbouring lots; none of them qualifies after `counts_until`."""

    lots: dict[int, Lot]
    counts_until: dt.datetime


class Lots(msgspec.Struct, frozen=True):
    """A persistent map from a lot's number to the lot; numbers only grow, so oldest is first."""

    shelves: dict[int, Shelf] = {}

    def __len__(self) -> int:
        return sum(len(shelf.lots) for shelf in self.shelves.values())

    def items(self) -> Iterator[tuple[int, Lot]]:
        """Yield numbers and lots, oldest first."""
        for shelf in self.shelves.values():
            yield from shelf.lots.items()

    def values(self) -> Iterator[Lot]:
        """Yield the lots, oldest first."""
        for shelf in self.shelves.values():
            yield from shelf.lots.values()

    def qualifying(self, at: dt.datetime) -> list[Lot]:
        """Return the lots whose stars count for tiers at a moment."""
        return [
            lot
            for shelf in self.shelves.values()
            if shelf.counts_until > at
            for lot in shelf.lots.values()
            if lot.stars and lot.qualifies_until > at
        ]

    def get(self, number: int) -> Lot | None:
        """Return the lot of this number, None when there is none any more."""
        shelf = self.shelves.get(number // SHELF_MAX)
        return shelf.lots.get(number) if shelf else None

    def with_(self, number: int, lot: Lot) -> "Lots":
        """Return these with one lot more, or changed."""
        shelf = self.shelves.get(number // SHELF_MAX)
        if shelf is None:
            grown = Shelf({number: lot}, lot.qualifies_until)
        else:
            until = max(shelf.counts_until, lot.qualifies_until)
            grown = Shelf({**shelf.lots, number: lot}, until)
        return Lots({**self.shelves, number // SHELF_MAX: grown})

    def without(self, number: int) -> "Lots":
        """Return these with one lot less."""
        shelf = self.shelves[number // SHELF_MAX]
        lots = {other: lot for other, lot in shelf.lots.items() if other != number}
        shelves = {**self.shelves, number // SHELF_MAX: Shelf(lots, shelf.counts_until)}
        return Lots({place: shelf for place, shelf in shelves.items() if shelf.lots})

    def tidied(self, at: dt.datetime) -> "Lots":
        """Return these without the oldest ones that are spent and past all undoing."""
        lots = self
        for number, lot in self.items():
            if lot.left or lot.undoable_until > at:
                break
            lots = lots.without(number)
        return lots
