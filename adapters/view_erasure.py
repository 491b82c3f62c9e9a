"""Rows that views keep under a person's reference, in whatever store keeps the views."""

from collections.abc import Sequence

from commands.privacy_ports import Counts, Wanted
from projections.ports import Address, Shelf, ViewStore

SHELVES: tuple[Shelf, ...] = ("rows", "state")


class StoredPersonalViews:
    """`PersonalViews` over the live views of these projections; raises the store's fault.

    Nothing is deleted here: every fold drops what it kept when it reads `subject.erased.v1`,
    and so does a view that is rebuilt later.
    """

    def __init__(self, store: ViewStore, names: Sequence[str]) -> None:
        self._store = store
        self.names = names

    async def count(self, wanted: Wanted) -> Counts:
        counted = {}
        for name in self.names:
            if rows := sum([row is not None for row in await self.rows(name, wanted)]):
                counted[name] = rows
        return counted

    async def rows(self, name: str, wanted: Wanted) -> list[bytes | None]:
        """Return the public row and what the fold remembers, each None when there is none."""
        view = await self._store.live(name)
        address = Address(wanted.tenant, wanted.ref)
        found = [await self._store.fetch(view, shelf, [address]) for shelf in SHELVES]
        return [row for rows in found for row in rows]
