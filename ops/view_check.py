"""Building every view from two histories that should be one, and telling where they differ."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence

from msgspec.structs import replace

from adapters.memory_views import MemoryViews
from adapters.portable import BATCH
from domain.envelope import Recorded
from domain.identity import TenantId
from projections.catalogue import PROJECTIONS
from projections.ports import EventFeed
from projections.projection import Projection
from projections.runner import Runner

Batches = AsyncIterator[Sequence[Recorded]]


class Numbered:
    """Events under the numbers 1, 2, 3 (`EventFeed`): rows hold positions, and logs differ there.

    Each event is given out once, in order, as a view that is built asks for it.
    """

    def __init__(self, batches: Batches) -> None:
        self._batches = batches
        self._number = 0
        self._left: Sequence[Recorded] = ()

    async def after(self, position: int, *, limit: int, wait_s: float = 0.0) -> Sequence[Recorded]:
        """Return the next events; [] at the end, which nobody waits for here."""
        del wait_s
        if position != self._number:
            raise LookupError(f"asked past {position}, where {self._number} was given out")
        if not self._left:
            self._left = await anext(self._batches, [])
        batch, self._left = self._left[:limit], self._left[limit:]
        self._number += len(batch)
        return [
            replace(recorded, position=number)
            for number, recorded in enumerate(batch, start=position + 1)
        ]

    async def read(
        self, tenant: TenantId, stream: str, *, after: int = 0, upto: int | None = None
    ) -> Sequence[Recorded]:
        """Raise `LookupError`: no view that is built from the start reads a stream again."""
        raise LookupError(f"{tenant}/{stream} from {after} to {upto} was not kept")

    async def head(self) -> int:
        """Return how many events were given out."""
        return self._number


async def differences(file: Callable[[], Iterator[list[Recorded]]], log: EventFeed) -> list[str]:
    """Return the rows that differ, as `view/tenant/key`: none, if the histories are one."""
    differing = []
    for projection in PROJECTIONS.values():
        one = await _rows(projection, _of_file(file()))
        other = await _rows(projection, _of_log(log))
        differing += [
            f"{projection.name}/{key}"
            for key in sorted(one.keys() | other.keys())
            if one.get(key) != other.get(key)
        ]
    return differing


async def _rows(projection: Projection, batches: Batches) -> dict[str, object]:
    """Return every row of the view as it comes out, and every event it could not take."""
    views = MemoryViews()
    runner = Runner(projection, feed=Numbered(batches), store=views)
    while await runner.step():
        pass
    view = await views.live(projection.name)
    rows: dict[str, object] = {
        "/".join(address): row for address, row in (await views.snapshot(view)).rows.items()
    }
    parked = {f"parked/{each.position}": each for each in await views.parked(view)}
    return rows | parked


async def _of_file(batches: Iterator[list[Recorded]]) -> Batches:
    for batch in batches:
        yield batch


async def _of_log(log: EventFeed) -> Batches:
    position = 0
    while batch := await log.after(position, limit=BATCH):
        yield batch
        position = batch[-1].position
