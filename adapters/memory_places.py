"""Facts and raw streams that last as long as the process: for tests and looking around."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Any

from commands.privacy_ports import Counts, Wanted


class MemoryFacts:
    """`PersonalRows`, `RawStreams` and `DeadLetters` over lists.

    A row is its columns by name; one that is not yet `ingested` still waits in the stream.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.waiting: list[dict[str, Any]] = []
        self.first_seq = 1
        self.last_seq = 0

    def observe(self, tenant: str, player: str, kind: str = "visit", **columns: object) -> None:
        """Put a fact into the stream and ingest it."""
        self.last_seq += 1
        place = {"partition": 0, "seq": self.last_seq, "idx": 0}
        self.rows.append(place | {"tenant": tenant, "player": player, "kind": kind} | columns)

    async def count(self, wanted: Wanted, cuts: Mapping[int, int] | None = None) -> Counts:
        return dict(Counter(str(row["kind"]) for row in self.rows if _theirs(row, wanted, cuts)))

    async def erase(self, wanted: Wanted, cuts: Mapping[int, int]) -> None:
        self.rows = [row for row in self.rows if not _theirs(row, wanted, cuts)]

    async def told(self, wanted: Wanted) -> AsyncIterator[dict[str, Any]]:
        for row in self.rows:
            if _theirs(row, wanted, None):
                yield row

    async def heads(self) -> dict[int, int]:
        return {0: self.last_seq}

    async def settled(self, wanted: Wanted, cuts: Mapping[int, int]) -> bool:
        return not any(_theirs(row, wanted, cuts) for row in self.waiting)

    async def gone(self, cuts: Mapping[int, int]) -> bool:
        return all(cut < self.first_seq for cut in cuts.values())

    async def redact(self, _wanted: Wanted) -> Counts:
        return {"letters_blanked": 0}


def _theirs(row: Mapping[str, Any], wanted: Wanted, cuts: Mapping[int, int] | None) -> bool:
    theirs = row["tenant"] == wanted.tenant and row["player"] in wanted.players
    return theirs and (cuts is None or row["seq"] <= cuts.get(row["partition"], 0))
