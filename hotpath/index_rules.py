"""Predicates over offers as rows of bits, and the two kinds of rule that most of them are."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from hotpath.eligibility import Sieve, join

EVERYTHING = 0  # the pick that lets every offer through, so that it may as well be left out
ROOM = 1_024  # remembered combinations kept from one request to the next
_WORD_BITS = 64

Mask = NDArray[np.bool_]
Name = TypeVar("Name", bound=Hashable)


class Predicates:
    """A matrix of predicates: fixed ones added while compiling, and remembered combinations.

    Each guards one stage of the funnel, which `stage_of` tells. Remembered ones are forgotten
    only by `between_requests`, never while a request holds picks; when one request needs
    more than there is room for, the matrix grows.
    """

    def __init__(self, offers: int) -> None:
        self.offers = offers
        self.words = max(1, -(-offers // _WORD_BITS))
        self.bits = np.zeros((_WORD_BITS, self.words), np.uint64)
        self.sieve = Sieve(self.bits)
        self.stage_of = [""]
        self._fixed = 0
        self._remembered: dict[Hashable, int] = {}
        self.write(EVERYTHING, np.ones(offers, np.bool_))

    def blank(self, stage: str) -> int:
        """Return a new predicate that lets nothing through."""
        pick = len(self.stage_of)
        if pick == len(self.bits):
            self.bits = np.concatenate([self.bits, np.zeros_like(self.bits)])
            self.sieve = Sieve(self.bits)
        self.bits[pick] = 0
        self.stage_of.append(stage)
        return pick

    def add(self, stage: str, mask: Mask) -> int:
        """Return a new predicate, or `EVERYTHING` when it would let every offer through."""
        if mask.all():
            return EVERYTHING
        pick = self.blank(stage)
        self.write(pick, mask)
        return pick

    def write(self, pick: int, mask: Mask) -> None:
        """Set a predicate from one boolean per offer."""
        packed = np.packbits(mask, bitorder="little")
        self.bits[pick].view(np.uint8)[: len(packed)] = packed

    def seal(self) -> None:
        """End compiling: what is added from here on may be forgotten between requests."""
        self._fixed = len(self.stage_of)

    def between_requests(self) -> None:
        """Forget combinations when many were made."""
        if len(self.stage_of) - self._fixed > ROOM:
            del self.stage_of[self._fixed :]
            self._remembered = {}

    def remembered(self, stage: str, key: Hashable, make: Callable[[], Mask]) -> int:
        """Return the predicate kept under `key`, made when it is new."""
        pick = self._remembered.get(key)
        if pick is None:
            pick = self._remembered[key] = self.add(stage, make())
        return pick

    def union(self, picks: Sequence[int]) -> int:
        """Return the predicate that lets through what any of `picks` does."""
        if len(picks) == 1:
            return picks[0]
        key = tuple(picks)
        pick = self._remembered.get(key)
        if pick is None:
            pick = self.blank(self.stage_of[picks[0]])
            join(self.bits, list(picks), pick)
            self._remembered[key] = pick
        return pick


def mask_of(offers: int, rows: Iterable[int]) -> Mask:
    """Return one boolean per offer, true for `rows`."""
    mask = np.zeros(offers, np.bool_)
    mask[list(rows)] = True
    return mask


class Wanted(Generic[Name]):
    """A rule where an offer may want one of several names, or take anyone.

    `named` maps a name to the offers that want it; `open_to_all` are those that want none.
    """

    def __init__(
        self,
        predicates: Predicates,
        stage: str,
        named: Mapping[Name, Iterable[int]],
        open_to_all: Mask,
    ) -> None:
        self._predicates = predicates
        self.anyone = predicates.add(stage, open_to_all)
        self._picks = {
            name: predicates.add(stage, open_to_all | mask_of(predicates.offers, rows))
            for name, rows in named.items()
        }

    def __bool__(self) -> bool:
        return bool(self._picks)

    def pick(self, names: Iterable[Name]) -> int:
        """Return the predicate for a request that offers these names."""
        picks = self._picks
        known = [picks[name] for name in names if name in picks]
        return self._predicates.union(known) if known else self.anyone

    def only(self, name: Name) -> int:
        """Return the predicate for a request that offers one name."""
        return self._picks.get(name, self.anyone)


class Barred(Generic[Name]):
    """A rule where a request shuts out the offers that carry a name."""

    def __init__(
        self, predicates: Predicates, stage: str, named: Mapping[Name, Iterable[int]]
    ) -> None:
        self._picks = {
            name: predicates.add(stage, ~mask_of(predicates.offers, rows))
            for name, rows in named.items()
        }

    def __bool__(self) -> bool:
        return bool(self._picks)

    def picks(self, names: Iterable[Name]) -> list[int]:
        """Return the predicates that leave out the offers with any of these names."""
        picks = self._picks
        return [picks[name] for name in dict.fromkeys(names) if name in picks]
