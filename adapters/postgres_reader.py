"""Reads of single streams, gathered: those that wait together share one query."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from adapters import postgres_statements as sql
from adapters.postgres_lines import Lines, Row
from adapters.rows import VERSION_MAX, recorded_in
from commands.ports import LogUnreachable
from domain.envelope import Recorded

AT_ONCE_MAX = 2  # queries under way; what comes meanwhile waits and goes together
GROUP_MAX = 256
NEAR_MAX = 64  # events of one stream in a shared query
PAGE_MAX = 5_000


class Asked(NamedTuple):
    """A read that waits for its answer."""

    name: str
    after: int
    upto: int
    rows: asyncio.Future[list[Row]]


class PostgresReader:
    """Commands read one stream each, a few new events or none: 64 such reads cost one query."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._waiting: list[Asked] = []
        self._serving: set[asyncio.Task[None]] = set()
        self._busy = 0

    async def history(self, name: str, *, after: int, upto: int | None) -> list[Recorded]:
        """Return a stream's events with `after < version <= upto`, oldest first."""
        last = VERSION_MAX if upto is None else upto
        near = [recorded_in(*row) for row in await self._near(name, after, last)]
        if len(near) < NEAR_MAX:
            return near
        return near + await self._far(name, near[-1].version, last)

    async def aclose(self) -> None:
        """Answer what was asked, then stop."""
        await asyncio.gather(*self._serving)

    async def _far(self, name: str, after: int, last: int) -> list[Recorded]:
        history: list[Recorded] = []
        while True:
            rows = await self._lines.rows(sql.HISTORY, (name, after, last, PAGE_MAX))
            history += [recorded_in(*row) for row in rows]
            if len(rows) < PAGE_MAX:
                return history
            after = history[-1].version

    async def _near(self, name: str, after: int, upto: int) -> list[Row]:
        loop = asyncio.get_running_loop()
        asked = Asked(name, after, upto, loop.create_future())
        self._waiting.append(asked)
        if self._busy < AT_ONCE_MAX:
            self._busy += 1
            task = loop.create_task(self._serve())
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        return await asked.rows

    async def _serve(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:GROUP_MAX], self._waiting[GROUP_MAX:]
                await self._serve_group(group)
        finally:
            self._busy -= 1

    async def _serve_group(self, group: Sequence[Asked]) -> None:
        try:
            answers = await self._answers(group)
        except LogUnreachable as unreachable:
            for asked in group:
                if not asked.rows.done():
                    asked.rows.set_exception(LogUnreachable(*unreachable.args))
            return
        for asked, rows in zip(group, answers, strict=True):
            if not asked.rows.done():  # else the caller was cancelled
                asked.rows.set_result(rows)

    async def _answers(self, group: Sequence[Asked]) -> list[list[Row]]:
        names, afters, uptos, _ = (list(column) for column in zip(*group, strict=True))
        answers: list[list[Row]] = [[] for _ in group]
        for number, *row in await self._lines.rows(sql.NEAR, (names, afters, uptos, NEAR_MAX)):
            answers[number - 1].append(tuple(row))
        return answers
