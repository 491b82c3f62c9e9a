"""What all questions about a tenant's own books share."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, TypeVar, runtime_checkable

from litestar.exceptions import NotFoundException, ValidationException

from domain.identity import TenantId
from domain.tenant import Open
from projections.people import People
from read_api.ports import AuditTrail

VIEW = "people"
N = TypeVar("N", bound=str)
V = TypeVar("V")


@runtime_checkable
class Names(Protocol):
    """Opens what was sealed for a person."""

    async def of(self, tenant: TenantId, ref: str | None, sealed: str | None) -> str | None:
        """Return the text, as it is without a `ref`; None once the person was erased."""


async def books_of(people: People, tenant: TenantId) -> Open:
    """Return the tenant's books as they are now."""
    if (books := await people.of(tenant)) is None:
        raise no_books("This tenant has no books yet.")
    return books


async def books_then(trail: AuditTrail, tenant: TenantId, as_of: datetime) -> Open:
    """Return the tenant's books as they were, folded from what was recorded up to then."""
    if as_of.tzinfo is None:
        message = "must name its offset, for example 2026-03-02T09:00:00Z"
        raise ValidationException(extra=[{"key": "as_of", "message": message}])
    folded = await trail.state(tenant, f"tenant-{tenant}", as_of=as_of)
    if folded is None or not isinstance(folded.state, Open):
        raise no_books("This tenant had no books yet.")
    return folded.state


def part_of(
    entries: Mapping[N, V], *, limit: int, cursor: str | None
) -> tuple[list[tuple[N, V]], str | None]:
    """Return up to `limit` entries by name, those after `cursor`, and the next cursor."""
    names = sorted(name for name in entries if cursor is None or name > cursor)
    shown = names[:limit]
    following = shown[-1] if len(names) > limit else None
    return [(name, entries[name]) for name in shown], following


def no_books(detail: str) -> NotFoundException:
    return NotFoundException(detail=detail, extra={"code": "tenant_unknown"})
