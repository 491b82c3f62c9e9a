"""The books of a tenant as its people read them: who is here, in which roles, with which keys."""

from typing import Protocol, runtime_checkable

import msgspec

from domain.identity import TenantId
from domain.tenant import Open, TenantEvent
from projections.access import fold
from projections.ports import ViewReader
from projections.projection import Projection

PEOPLE = Projection(name="people", events=TenantEvent, memory=Open, fold=fold)

_books = msgspec.json.Decoder(Open)


@runtime_checkable
class People(Protocol):
    """The books of each tenant, one row for each."""

    async def of(self, tenant: TenantId) -> Open | None:
        """Return the tenant's books; names in them are sealed."""


class StoredPeople:
    """Satisfies `People`."""

    def __init__(self, reader: ViewReader) -> None:
        self._reader = reader

    async def of(self, tenant: TenantId) -> Open | None:
        """Return the tenant's books, None when it was never opened."""
        row = await self._reader.row("people", tenant, tenant)
        return None if row is None else _books.decode(row)
