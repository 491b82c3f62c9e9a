"""Rows of the raw streams whose person was erased: they are taken in as nobody's."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from adapters.facts_block import Fact
from commands.raw_cuts import Erased
from hotpath.facts import EVENT_ID_BYTES, BrokenBatch, Row, decode_row, encode_row

NOBODY_ERASED: Sequence[Erased] = ()


class Cut(NamedTuple):
    """Up to which sequence a player's rows are nobody's, and what makes their events' new ids."""

    last: int
    salt: bytes


class Blanking:
    """Takes the person out of one partition's rows, up to where each erased one was cut.

    Their count stays, so that totals are the same when an empty table is filled again. A repeat
    is still told by its event's id, which is made anew: it is a hash with the player in it, and
    the salt that now covers it is destroyed with the request. Behind the last cut, which is
    where all reading ends up soon, this costs one comparison.
    """

    def __init__(self, partition: int, erased: Sequence[Erased]) -> None:
        self._cuts: dict[tuple[str, str], Cut] = {}
        for each in erased:
            cut = Cut(each.cuts.get(partition, 0), each.salt.encode())
            for player in each.players:
                name = (str(each.tenant), player)
                self._cuts[name] = max(cut, self._cuts.get(name, cut))
        self._last = max((cut.last for cut in self._cuts.values()), default=0)

    def blanked(self, seq: int, facts: list[Fact]) -> list[Fact]:
        """Return the rows of message `seq` as they may go in."""
        if seq > self._last:
            return facts
        return [self._blanked(fact) for fact in facts]

    def _blanked(self, fact: Fact) -> Fact:
        try:
            row = decode_row(fact.row)
        except BrokenBatch:
            return fact  # ClickHouse will refuse it, and its message becomes a dead letter.
        cut = self._cuts.get((row.tenant, row.player))
        if cut is None or fact.seq > cut.last:
            return fact
        return fact._replace(row=encode_row(*_nobodys(row, cut.salt)))


def _nobodys(row: Row, salt: bytes) -> Row:
    event_id = hashlib.blake2b(row.event_id, digest_size=EVENT_ID_BYTES, key=salt).digest()
    return row._replace(
        event_id=event_id, player="", s="", b="", source_ip="", user_agent="", detail=""
    )
