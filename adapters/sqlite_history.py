"""A long stream's events out of SQLite by the page, concatenated where they lie.

One statement for a page, so that the interpreter is free to fold the page before it meanwhile.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable

from eventsourcing.sqlite import SQLiteCursor

from adapters.rows import physical
from commands.history import Page
from domain.identity import TenantId

PAGE_MAX = 500  # larger ones cost more for each event, because the text outgrows the caches

# A subquery keeps its order under an aggregate that is neither count, min nor max: rule (6) of
# "omitting ORDER BY on subqueries" (https://sqlite.org/optoverview.html, section 10).
PAGE = """
SELECT count(*), max(version), max(position), '[' || group_concat(state) || ']' FROM (
    SELECT rowid AS position, originator_version AS version, state FROM stored_events
    WHERE originator_id = ? AND originator_version > ? AND originator_version <= ?
    ORDER BY originator_version
)
"""

Run = Callable[[Callable[[SQLiteCursor], None]], Awaitable[None]]


async def pages(
    run: Run, *, tenant: TenantId, stream: str, after: int
) -> AsyncGenerator[Page, None]:
    """Yield a stream's events past a version, while `run` reads ahead in a thread of its own.

    It ends before an event that is missing. Raises what `run` raises.
    """
    loop = asyncio.get_running_loop()
    ready: asyncio.Queue[Page | None] = asyncio.Queue()
    enough = threading.Event()

    def gather(cursor: SQLiteCursor) -> None:
        reached = after
        while not enough.is_set() and (page := _page(cursor, tenant, stream, reached)):
            loop.call_soon_threadsafe(ready.put_nowait, page)
            reached = page.last

    gathering = asyncio.ensure_future(run(gather))
    gathering.add_done_callback(lambda _: ready.put_nowait(None))
    try:
        while (page := await ready.get()) is not None:
            yield page
        await gathering
    finally:
        enough.set()
        gathering.cancel()


def _page(cursor: SQLiteCursor, tenant: TenantId, stream: str, after: int) -> Page | None:
    """Return the next events; None when there are none, or some of them are missing."""
    cursor.sqlite_cursor.row_factory = None
    cursor.execute(PAGE, (physical(tenant, stream), after, after + PAGE_MAX))
    count, last, position, documents = cursor.fetchone()
    return Page(last, position, documents) if count and last - after == count else None
