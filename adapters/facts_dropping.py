"""Rows of the raw streams that must not be ingested again: their person was erased."""

from collections.abc import Sequence

from adapters.facts_block import Fact
from commands.raw_cuts import Dropped
from hotpath.facts import BrokenBatch, decode_row


class Dropping:
    """Leaves out one partition's rows of erased persons, up to where each was cut.

    Behind the last cut, which is where all reading ends up soon, it costs one comparison.
    """

    def __init__(self, partition: int, dropped: Sequence[Dropped]) -> None:
        self._cuts: dict[tuple[str, str], int] = {}
        for erased in dropped:
            for player in erased.players:
                name = (str(erased.tenant), player)
                cut = erased.cuts.get(partition, 0)
                self._cuts[name] = max(cut, self._cuts.get(name, 0))
        self._last = max(self._cuts.values(), default=0)

    def kept(self, seq: int, facts: list[Fact]) -> list[Fact]:
        """Return the rows of message `seq` that may go in; their numbers stay as they are."""
        if seq > self._last:
            return facts
        return [fact for fact in facts if seq > self._cut_of(fact)]

    def _cut_of(self, fact: Fact) -> int:
        try:
            row = decode_row(fact.row)
        except BrokenBatch:
            return 0  # ClickHouse will refuse it, and its message becomes a dead letter.
        return self._cuts.get((row.tenant, row.player), 0)


NOTHING_DROPPED: Sequence[Dropped] = ()
