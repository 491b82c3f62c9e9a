"""What the story sent and got acknowledged: the figures that the platform must agree with."""

from decimal import ROUND_HALF_EVEN, Decimal

import msgspec

MICROS_PER_CPM_UNIT = 1_000  # one impression at a CPM of 1.00 is 1,000 micros


class Tally(msgspec.Struct, kw_only=True):
    """Counts of distinct things; `repeats` were sent again and must not count."""

    requests: int = 0
    bids: int = 0
    other_bids: int = 0  # of them, those of campaigns that are not the story's
    no_bids: int = 0
    wins: int = 0
    billed: int = 0
    losses: int = 0
    clicks: int = 0
    spend_micros: int = 0
    visits: int = 0
    registrations: int = 0
    deposits: int = 0
    revenue_micros: int = 0
    repeats: int = 0
    refused_requests: int = 0  # 400: not a bid request
    unsure_requests: int = 0  # nobody knows whether the log holds them
    rejected: int = 0

    def bill(self, clearing_cpm: Decimal) -> None:
        """Count one billed impression at its clearing price."""
        self.billed += 1
        self.spend_micros += spend(clearing_cpm)


def spend(clearing_cpm: Decimal) -> int:
    """Return the micros of one impression, rounded half to even once."""
    return int((clearing_cpm * MICROS_PER_CPM_UNIT).to_integral_value(ROUND_HALF_EVEN))
