"""The reference. Written to be read; the compiled twin must agree with it."""

import numpy as np
from numpy.typing import NDArray


def survivors(
    bits: NDArray[np.uint64],
    picks: list[int],
    alive: NDArray[np.uint64],
    out: NDArray[np.int32],
) -> tuple[int, int]:
    words = bits.shape[1]
    if alive.shape[0] < words:
        raise ValueError("alive is too short")
    if out.shape[0] < 64 * words:
        raise ValueError("out is too short")
    if not picks:
        raise ValueError("nothing is picked")
    for pick in picks:
        if not 0 <= pick < bits.shape[0]:
            raise IndexError("no such predicate")
    alive[:words] = bits[picks[0]]
    for place, pick in enumerate(picks):
        alive[:words] &= bits[pick]
        if not alive[:words].any():
            return 0, place
    rows = np.flatnonzero(np.unpackbits(alive[:words].view(np.uint8), bitorder="little"))
    out[: len(rows)] = rows
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
