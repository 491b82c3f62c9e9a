"""Finding the offers that every rule of a request lets through.

The contract both implementations keep:
`bits` is a matrix of uint64, one row per predicate and one bit per offer, offer `n` in bit
`n % 64` of word `n // 64`. `picks` names the predicates that apply, in the order of the
funnel. `survivors` ANDs them into `alive` (at least as wide as `bits`), writes the numbers
of the offers left to the front of `out` (int32, at least 64 a word), ascending, and returns
how many there are and the place in `picks` of the predicate that let none through
(`len(picks)` when some are left). `join` writes the OR of `picks` to the row `into`, `lead`
sets its first `count` bits. A pick outside the matrix is an IndexError, buffers too short
or no pick at all a ValueError.
"""

from typing import TYPE_CHECKING

__all__ = ["join", "lead", "survivors"]

if TYPE_CHECKING:
    from hotpath._eligibility_py import join, lead, survivors
else:
    try:
        from hotpath._eligibility_cy import join, lead, survivors
    except ImportError:  # no compiler on this machine: the readable twin gives the same answers
        from hotpath._eligibility_py import join, lead, survivors
