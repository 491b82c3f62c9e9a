"""The number formats that the Global Privacy Platform adds to those of TC strings.

Source: IAB Tech Lab, "Global Privacy Platform, Consent String Specification", section "Types"
(Fibonacci coding, Range(Fibonacci), OptimizedRange).
"""

from hotpath._tcf_py import Bits, Ranges
from hotpath.consent_string import BrokenConsent

_DIGITS_MAX = 24  # enough for 65,535, the highest vendor there can be
ID_MAX = 0xFFFF


class GppBits(Bits):
    """A segment's bits, with the platform's own numbers."""

    def fibonacci(self) -> int:
        """Return the next number of Fibonacci digits, lowest first, ended by a second 1."""
        number, before = 0, 0
        smaller, larger = 1, 2
        for _ in range(_DIGITS_MAX):
            digit = self.take(1)
            if digit and before:
                return number
            number += smaller * digit
            smaller, larger = larger, smaller + larger
            before = digit
        raise BrokenConsent("value_unknown")

    def fibonacci_ranges(self) -> Ranges:
        """Return ranges of ascending ids, each told by its distance from the one before."""
        ranges: Ranges = []
        reached = 0
        for _ in range(self.take(12)):
            is_range = self.take(1)
            first = reached + self.fibonacci()
            reached = first + self.fibonacci() if is_range else first
            if reached > ID_MAX:
                raise BrokenConsent("value_unknown")
            ranges.append((first, reached))
        return ranges
