"""Views kept in memory: the same promises as Redis, for tests and for one process."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from projections.ports import (
    Address,
    Batch,
    Change,
    Filing,
    Mark,
    Parked,
    PositionMoved,
    Shelf,
    Snapshot,
)


class MemoryView:
    """One build of a view."""

    def __init__(self) -> None:
        self.mark = Mark(0, 0)
        self.retired = False
        self.shelves: dict[Shelf, dict[Address, bytes]] = {"rows": {}, "state": {}}
        self.filed: dict[Address, tuple[int, str]] = {}
        self.parked: dict[int, Parked] = {}

    def change(self, batch: Batch) -> None:
        """Make the batch true."""
        self._put("rows", batch.rows)
        self._put("state", batch.state)
        for filing in batch.filings:
            self._file(filing)
        for position in batch.released:
            self.parked.pop(position, None)
        self.parked.update((parked.position, parked) for parked in batch.parked)
        self.mark = Mark(batch.position, self.mark.turn + 1, batch.shape)

    def _put(self, shelf: Shelf, changes: Sequence[Change]) -> None:
        for address, row in changes:
            if row is None:
                self.shelves[shelf].pop(address, None)
            else:
                self.shelves[shelf][address] = row

    def _file(self, filing: Filing) -> None:
        if filing.entered is None:
            self.filed.pop(filing.address, None)
        else:
            self.filed[filing.address] = (filing.order, filing.entered)


class MemoryViews:
    """Satisfies `ViewStore`, `ViewReader` and `Positions`."""

    def __init__(self) -> None:
        self._views: defaultdict[str, MemoryView] = defaultdict(MemoryView)
        self._live: dict[str, str] = {}
        self._moved = asyncio.Condition()

    async def live(self, name: str) -> str:
        """Return the view that readers of `name` see."""
        return self._live.setdefault(name, f"{name}_v1")

    async def mark(self, view: str) -> Mark:
        """Return how far the view is."""
        if self._views[view].retired:
            raise PositionMoved(view)
        return self._views[view].mark

    async def fetch(
        self, view: str, shelf: Shelf, addresses: Sequence[Address]
    ) -> list[bytes | None]:
        """Return the rows at `addresses`."""
        return [self._views[view].shelves[shelf].get(address) for address in addresses]

    async def parked(self, view: str) -> list[Parked]:
        """Return the parked events, oldest first."""
        return [parked for _, parked in sorted(self._views[view].parked.items())]

    async def snapshot(self, view: str) -> Snapshot:
        """Return every public row."""
        return Snapshot(self._views[view].mark.position, dict(self._views[view].shelves["rows"]))

    async def apply(self, view: str, batch: Batch, *, expected: Mark) -> Mark:
        """Make the whole batch true, or raise `PositionMoved`."""
        if await self.mark(view) != expected:
            raise PositionMoved(view)
        self._views[view].change(batch)
        await self._tell()
        return self._views[view].mark

    async def swap(self, name: str, *, old: str, new: str) -> None:
        """Let readers of `name` see `new` from now on and retire `old`."""
        behind = self._views[new].mark.position < self._views[old].mark.position
        if await self.live(name) != old or behind:
            raise PositionMoved(old)
        self._live[name] = new
        self._views[old].retired = True
        await self._tell()

    async def drop(self, view: str) -> None:
        """Forget all of a view but that it is retired."""
        self._views[view] = MemoryView()
        self._views[view].retired = True

    async def row(self, name: str, tenant: str, key: str) -> bytes | None:
        """Return one public row of the live view."""
        return self._views[await self.live(name)].shelves["rows"].get(Address(tenant, key))

    async def page(
        self, name: str, tenant: str, *, group: str | None, before: int | None, limit: int
    ) -> list[bytes]:
        """Return filed rows with an order below `before`, highest order first."""
        view = self._views[await self.live(name)]
        orders = sorted(
            (
                (order, address)
                for address, (order, member) in view.filed.items()
                if address.tenant == tenant
                and (group is None or member == group)
                and (before is None or order < before)
            ),
            reverse=True,
        )
        return [view.shelves["rows"][address] for _, address in orders[:limit]]

    async def position(self, name: str) -> int:
        """Return the position of the live view."""
        return self._views[await self.live(name)].mark.position

    async def of(self, view: str) -> int:
        """Return the position the view has reached."""
        return await self.position(view)

    async def wait(self, view: str, position: int, timeout_s: float) -> bool:
        """Return True as soon as the view has reached `position`, False after `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s), self._moved:
                while await self.position(view) < position:
                    await self._moved.wait()
        except TimeoutError:
            return False
        return True

    async def _tell(self) -> None:
        async with self._moved:
            self._moved.notify_all()
