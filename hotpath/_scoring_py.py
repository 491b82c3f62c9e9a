"""The reference. Written to be read; the compiled twin must agree with it."""

import math

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 256
WIDTHS = (64, 128, 192, 256)
path = "numpy"


def probabilities(
    offers: NDArray[np.int8],
    norms: NDArray[np.float64],
    rows: NDArray[np.int32],
    profile: NDArray[np.int8],
    *,
    bias: float,
    gain: float,
    out: NDArray[np.float64],
) -> None:
    width = offers.shape[1]
    if profile.shape[0] != DIMENSIONS or width not in WIDTHS:
        raise ValueError("a profile has 256 dimensions, an offer 64, 128, 192 or 256 of them")
    if norms.shape[0] < offers.shape[0] or out.shape[0] < rows.shape[0]:
        raise ValueError("norms or out is too short")
    if len(rows) and not (rows.min() >= 0 and rows.max() < offers.shape[0]):
        raise IndexError("no such offer")
    wide = profile.astype(np.int32)
    length = math.sqrt(int(wide @ wide))
    for place, row in enumerate(rows.tolist()):
        dot = int(offers[row].astype(np.int32) @ wide[:width])
        cosine = dot / (length * float(norms[row])) if dot else 0.0
        out[place] = 1.0 / (1.0 + math.exp(-(bias + gain * cosine)))


def best(prices: NDArray[np.int64], rows: NDArray[np.int32], chances: NDArray[np.float64]) -> int:
    if chances.shape[0] < rows.shape[0]:
        raise ValueError("chances is too short")
    if len(rows) and not (rows.min() >= 0 and rows.max() < prices.shape[0]):
        raise IndexError("no such offer")
    if not len(rows):
        return -1
    return int(np.argmax(prices[rows].astype(np.float64) * chances[: len(rows)]))


class Ranking:
    def __init__(
        self, offers: NDArray[np.int8], norms: NDArray[np.float64], prices: NDArray[np.int64]
    ) -> None:
        if norms.shape[0] < offers.shape[0] or prices.shape[0] < offers.shape[0]:
            raise ValueError("norms or prices is too short")
        self._offers, self._norms, self._prices = offers, norms, prices

    def best(
        self, rows: NDArray[np.int32], profile: NDArray[np.int8], *, bias: float, gain: float
    ) -> tuple[int, float]:
        chances = np.zeros(len(rows))
        probabilities(self._offers, self._norms, rows, profile, bias=bias, gain=gain, out=chances)
        place = best(self._prices, rows, chances)
        return place, float(chances[place]) if place >= 0 else 0.0
