"""Finding the offers that every rule of a request lets through.

The contract both implementations keep:
`bits` is a matrix of uint64, one row per predicate and one bit per offer, offer `n` in bit
`n % 64` of word `n // 64`. `picks` names the predicates that apply, in the order of the
funnel. `Sieve(bits).survivors(picks)` ANDs them, writes the numbers of the offers left to the
front of the sieve's `out` (int32), ascending, and returns how many there are and the place in
`picks` of the predicate that let none through (`len(picks)` when some are left). A sieve sees
what is later written to `bits`. `join` writes the OR of `picks` to the row `into`, `lead` sets
its first `count` bits. A pick outside the matrix is an IndexError, no pick at all a ValueError.
"""

from typing import TYPE_CHECKING

__all__ = ["Sieve", "join", "lead"]

if TYPE_CHECKING:
    from hotpath._eligibility_py import Sieve, join, lead
else:
    try:
        from hotpath._eligibility_cy import Sieve, join, lead
    except ImportError:  # no compiler on this machine: the readable twin gives the same answers
        from hotpath._eligibility_py import Sieve, join, lead
