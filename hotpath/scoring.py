"""How likely a click is: a logistic read-out of the cosine of two 256-feature vectors.

The contract both implementations keep:
`offers` (int8, N x 64, 128, 192 or 256) holds one vector per offer; dimensions it lacks are
zero for all of them. `norms` (float64, N) are their Euclidean lengths, `rows` (int32) the
offers asked about, `profile` (int8, 256) the request. Components are -127..127, so products
are exact integers in any order of summation.
`probabilities` writes `sigmoid(bias + gain * cosine)` for each of `rows` to the front of
`out` (float64); a vector without length has cosine 0. `best` returns the place in `rows` of
the largest `prices[row] * chance`, the first of equals, -1 for no rows.
`Ranking(offers, norms, prices)` holds the buffers of many questions; its `best(rows, profile,
bias=, gain=)` is both functions in one: the place of the best and its chance (0.0 for no rows).
The compiled one scores only what can still win, which is least when the dearest come first.
A row outside the matrix is an IndexError, a buffer of the wrong size a ValueError.
The twins agree to the last bit where both use the same C library's `exp`, else within 1e-12.
"""

from typing import TYPE_CHECKING

from hotpath._scoring_py import DIMENSIONS, WIDTHS

__all__ = ["DIMENSIONS", "WIDTHS", "Ranking", "best", "path", "probabilities"]

if TYPE_CHECKING:
    from hotpath._scoring_py import Ranking, best, path, probabilities
else:
    try:
        from hotpath._scoring_cy import Ranking, best, path, probabilities
    except ImportError:  # no compiler on this machine: the readable twin gives the same numbers
        from hotpath._scoring_py import Ranking, best, path, probabilities
