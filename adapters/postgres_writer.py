"""One task that writes: it gathers what is waiting and commits it in one transaction."""

import asyncio
from collections.abc import Sequence

import psycopg

from adapters import postgres_statements as sql
from adapters.ends import Ends
from adapters.postgres_group import Append, Verdict, committed, found
from adapters.postgres_lines import ANSWER_WITHIN_S, BACKOFF_S_MIN, Connection, Line
from adapters.rows import physical
from commands.ports import Appended, LogUnreachable
from domain.envelope import Entry
from domain.identity import TenantId

GROUP_MAX = 512  # appends in one transaction
GROUP_BYTES_MAX = 8_000_000
PATIENCE_S = 2.0  # how long an append waits for a server that just went away


class PostgresWriter:
    """Owns the only writing connection of this process.

    Writers of several processes take turns (an advisory lock), and each append is held against
    its stream's version inside its turn, so one that is overtaken does not fail the others.
    """

    def __init__(self, url: str, *, channel: str, ends: Ends) -> None:
        self._line = Line(url, greet=_greet)
        self._channel = channel
        self._ends = ends
        self._waiting: asyncio.Queue[Append | None] = asyncio.Queue()
        self._writing: asyncio.Task[None] | None = None

    async def append(
        self, tenant: TenantId, stream: str, entries: Sequence[Entry], *, after: int
    ) -> Appended:
        """Return once the entries are on disk; `Overtaken` and `LogUnreachable` as the port says.

        A caller that is cancelled meanwhile may still have appended.
        """
        loop = asyncio.get_running_loop()
        if self._writing is None:
            self._writing = loop.create_task(self._run(), name="event-log-writer")
        verdict: asyncio.Future[Appended] = loop.create_future()
        name = physical(tenant, stream)
        self._waiting.put_nowait(Append(name, tenant, stream, entries, after, verdict))
        return await verdict

    async def aclose(self) -> None:
        """Write what is waiting, then stop."""
        if self._writing is not None:
            self._waiting.put_nowait(None)
            await self._writing
        await self._line.drop()

    async def _run(self) -> None:
        while (first := await self._waiting.get()) is not None:
            group, last = self._gathered(first)
            try:
                verdicts = await self._verdicts(group)
            except Exception as bug:  # noqa: BLE001 - it is theirs who asked; others must go on
                await self._line.drop()
                verdicts = [bug] * len(group)
            for append, verdict in zip(group, verdicts, strict=True):
                _tell(append, verdict)
            if last:
                break

    def _gathered(self, first: Append) -> tuple[list[Append], bool]:
        group, size = [first], _size(first)
        while len(group) < GROUP_MAX and size < GROUP_BYTES_MAX and not self._waiting.empty():
            append = self._waiting.get_nowait()
            if append is None:
                return group, True
            group.append(append)
            size += _size(append)
        return group, False

    async def _verdicts(self, group: Sequence[Append]) -> list[Verdict]:
        """Return what became of each append, also when the server went away in between."""
        connection: Connection | None = None
        try:
            connection = await self._line.connection()
            return await committed(connection, group, channel=self._channel, ends=self._ends)
        except (psycopg.Error, LogUnreachable, TimeoutError) as error:
            # In a pipeline that fails the server passes over statements that psycopg takes for
            # prepared by then: such a connection is of no more use, lost or not.
            lost = isinstance(error, psycopg.Error) and connection is not None and connection.closed
            await self._line.drop()
            if not lost:
                return [_unreachable(error)] * len(group)
        return await self._settled(group)

    async def _settled(self, group: Sequence[Append]) -> list[Verdict]:
        """Return the verdicts after the connection was lost, perhaps in the middle of a commit.

        What is there under its event id was committed; the rest is appended now.
        """
        settled: dict[int, Verdict] = {}
        try:
            connection = await self._patiently()
            settled = await found(connection, group)
            if missing := [number for number in range(len(group)) if number not in settled]:
                again = [group[number] for number in missing]
                verdicts = await committed(
                    connection, again, channel=self._channel, ends=self._ends
                )
                settled.update(zip(missing, verdicts, strict=True))
        except (psycopg.Error, LogUnreachable, TimeoutError) as error:
            await self._line.drop()
            return [settled.get(number, _unreachable(error)) for number in range(len(group))]
        return [settled[number] for number in range(len(group))]

    async def _patiently(self) -> Connection:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_S
        while True:
            try:
                return await self._line.connection()
            except LogUnreachable:
                if loop.time() > deadline:
                    raise
                await asyncio.sleep(BACKOFF_S_MIN)


async def _greet(connection: Connection) -> None:
    for statement in (sql.DURABLY, sql.TURN_MAX, sql.PATIENCE):
        await connection.execute(statement.encode())


def _size(append: Append) -> int:
    return sum(len(entry.data) for entry in append.entries)


def _unreachable(error: Exception) -> LogUnreachable:
    unreachable = LogUnreachable(str(error).strip() or f"no answer within {ANSWER_WITHIN_S} s")
    unreachable.__cause__ = error
    return unreachable


def _tell(append: Append, verdict: Verdict) -> None:
    if append.verdict.done():
        return  # The caller was cancelled.
    if isinstance(verdict, Appended):
        append.verdict.set_result(verdict)
    else:
        append.verdict.set_exception(verdict)
