"""A batch of events folded on what a projection remembers: pure, and deaf to poisoned streams."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from domain.envelope import Recorded
from domain.privacy.subject_events import SubjectErased
from migrations.events import EventDecoder, kinds_of
from projections.ports import Address, Batch, Change, Filing, Parked
from projections.projection import Projection, kinds

ATTEMPTS_MAX = 3  # a fold is pure, so another attempt only outlives a passing want of memory
ERROR_LENGTH_MAX = 500
GONE = kinds_of(SubjectErased)

Memories = Mapping[Address, Any]
Stream = tuple[str, str]  # tenant and stream


class Folded(msgspec.Struct):
    """What came of a batch: new memories, and the events that no fold could take."""

    position: int
    memories: dict[Address, Any]
    parked: list[Parked]
    released: list[int]


class Folding:
    """A projection made ready: its decoder built, its kinds known."""

    def __init__(self, projection: Projection) -> None:
        self.projection = projection
        self.kinds = kinds(projection) | GONE
        self._decoder: EventDecoder[Any] = EventDecoder(projection.events)
        self._memory = msgspec.json.Decoder(projection.memory)
        self._encode = msgspec.json.Encoder().encode

    def recall(self, row: bytes | None) -> Any:  # noqa: ANN401 - each projection has its own memory
        """Return the memory a stored row holds."""
        return None if row is None else self._memory.decode(row)

    def wanted(self, events: Sequence[Recorded]) -> set[Address]:
        """Return where the memories lie that these events change."""
        key = self.projection.key
        return {key(event) for event in events if event.kind in self.kinds}

    def fold(
        self, events: Sequence[Recorded], memories: Memories, blocked: Mapping[Stream, int]
    ) -> Folded:
        """Fold events that follow each other in the log.

        `blocked` maps the streams with parked events to the oldest parked position; whatever
        follows in them is parked too. When the projection pauses on poison, the batch ends with
        the poisoned event.
        """
        fresh: dict[Address, Any] = {}
        folded = Folded(events[-1].position, fresh, [], [])
        barred = dict(blocked)
        for event in events:
            if event.kind not in self.kinds:
                continue
            stream = (event.tenant, event.stream)
            if (first := barred.get(stream)) is not None:
                folded.parked.append(_parked(event, "waits", attempts=0, behind=first))
                continue
            if error := self._take(event, memories, fresh):
                folded.parked.append(_parked(event, error, attempts=ATTEMPTS_MAX))
                barred[stream] = event.position
                if self.projection.on_poison == "pause":
                    folded.position = event.position
                    break
        return folded

    def refold(
        self, queue: Sequence[tuple[Parked, Recorded]], memories: Memories, position: int
    ) -> Folded:
        """Fold the parked events of one stream again, oldest first, until one fails again."""
        folded = Folded(position, {}, [], [])
        first: int | None = None
        for parked, event in queue:
            if first is not None:
                folded.parked.append(msgspec.structs.replace(parked, behind=first))
            elif error := self._take(event, memories, folded.memories):
                attempts = parked.attempts + ATTEMPTS_MAX
                folded.parked.append(_parked(event, error, attempts=attempts))
                first = parked.position
            else:
                folded.released.append(parked.position)
        return folded

    def batch(self, folded: Folded, memories: Memories) -> Batch:
        """Return what the store must change: only rows that differ from before."""
        rows: list[Change] = []
        state: list[Change] = []
        filings: list[Filing] = []
        for address, after in folded.memories.items():
            before = memories.get(address)
            if after is before:
                continue
            if self.projection.rows is None:
                rows.append(Change(address, self._row(after)))
            else:
                state.append(Change(address, self._row(after)))
                rows.extend(self._shown(address, before, after))
            filings.extend(self._filed(address, before, after))
        return Batch(
            position=folded.position,
            shape=self.projection.version,
            rows=rows,
            state=state,
            filings=filings,
            parked=folded.parked,
            released=folded.released,
        )

    def _take(self, event: Recorded, memories: Memories, fresh: dict[Address, Any]) -> str | None:
        address = self.projection.key(event)
        if event.kind in GONE:
            fresh[address] = None  # Whatever is kept under an erased person's reference goes.
            return None
        memory = fresh[address] if address in fresh else memories.get(address)
        error = ""
        for _ in range(ATTEMPTS_MAX):
            try:
                fact = self._decoder.decode(event.data)
                fresh[address] = self.projection.fold(memory, fact, event)
            except Exception as poison:  # noqa: BLE001 - whatever it is, other streams go on
                error = f"{type(poison).__name__}: {poison}"[:ERROR_LENGTH_MAX]
            else:
                return None
        return error

    def _row(self, memory: object) -> bytes | None:
        return None if memory is None else self._encode(memory)

    def _shown(self, address: Address, before: object, after: object) -> list[Change]:
        rows = self.projection.rows
        if rows is None:
            return []
        old, new = rows(*address, before), rows(*address, after)
        gone = [Change(key, None) for key in old if key not in new]
        return gone + [
            Change(key, self._encode(row)) for key, row in new.items() if old.get(key) != row
        ]

    def _filed(self, address: Address, before: object, after: object) -> list[Filing]:
        if (place := self.projection.place) is None:
            return []
        old = None if before is None else place(before)
        new = None if after is None else place(after)
        if old == new:
            return []
        order = new.order if new else old.order if old else 0
        return [Filing(address, order, old.group if old else None, new.group if new else None)]


def _parked(event: Recorded, error: str, *, attempts: int, behind: int | None = None) -> Parked:
    return Parked(
        position=event.position,
        tenant=event.tenant,
        stream=event.stream,
        version=event.version,
        kind=event.kind,
        error=error,
        attempts=attempts,
        behind=behind,
    )
