"""Lists of rows by their order, a page at a time: the cursor is the order of the last one seen."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

import msgspec

from domain.identity import TenantId
from projections.ports import ViewReader
from projections.views import PAGE_MAX, BadCursor

POSITION_DIGITS_MAX = len(str(2**63))


class Filed(Protocol):
    """A row that is listed by when it was created: a position of the log."""

    @property
    def created(self) -> int: ...


F = TypeVar("F", bound=Filed)


async def newest_first(
    reader: ViewReader,
    view: str,
    tenant: TenantId,
    decoder: msgspec.json.Decoder[F],
    *,
    limit: int,
    cursor: str | None,
    group: str | None = None,
) -> tuple[Sequence[F], str | None]:
    """Return up to `limit` (at most `PAGE_MAX`) rows and the cursor of the rest.

    Raises `BadCursor` for one that no list gave out.
    """
    wanted = max(1, min(limit, PAGE_MAX))
    rows = await reader.page(view, tenant, group=group, before=_before(cursor), limit=wanted + 1)
    items = [decoder.decode(row) for row in rows[:wanted]]
    return items, str(items[-1].created) if len(rows) > wanted else None


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= POSITION_DIGITS_MAX):
        raise BadCursor(cursor)
    return int(cursor)
