"""The reference. Written to be read; the compiled twin must agree with it."""

import numpy as np
from numpy.typing import NDArray


class Sieve:
    def __init__(self, bits: NDArray[np.uint64]) -> None:
        self._bits = bits
        self.out = np.zeros(64 * bits.shape[1], np.int32)

    def survivors(self, picks: list[int]) -> tuple[int, int]:
        if not picks:
            raise ValueError("nothing is picked")
        for pick in picks:
            if not 0 <= pick < self._bits.shape[0]:
                raise IndexError("no such predicate")
        alive = self._bits[picks[0]].copy()
        for place, pick in enumerate(picks):
            alive &= self._bits[pick]
            if not alive.any():
                return 0, place
        rows = np.flatnonzero(np.unpackbits(alive.view(np.uint8), bitorder="little"))
        self.out[: len(rows)] = rows
        return len(rows), len(picks)


def join(bits: NDArray[np.uint64], picks: list[int], into: int) -> None:
    for pick in (*picks, into):
        if not 0 <= pick < bits.shape[0]:
            raise IndexError("no such predicate")
    if into in picks:
        raise ValueError("a predicate is not joined into itself")
    if picks:
        bits[into] = np.bitwise_or.reduce(bits[picks], axis=0)
    else:
        bits[into] = 0


def lead(bits: NDArray[np.uint64], count: int, into: int) -> None:
    if not 0 <= into < bits.shape[0]:
        raise IndexError("no such predicate")
    leading = np.arange(64 * bits.shape[1]) < count
    bits[into] = np.packbits(leading, bitorder="little").view(np.uint64)
