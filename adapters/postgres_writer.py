"""One task that writes: it gathers what is waiting and commits it in one transaction."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

import msgspec
import psycopg

from adapters import postgres_statements as sql
from adapters.postgres_lines import ANSWER_WITHIN_S, BACKOFF_S_MIN, Connection, Line
from adapters.rows import envelope_of, physical, seal_in
from adapters.sealing import sealed
from commands.ports import Appended, LogUnreachable, Overtaken
from domain.envelope import GENESIS, Entry, Recorded
from domain.identity import TenantId

GROUP_MAX = 512  # appends in one transaction
GROUP_BYTES_MAX = 8_000_000
PATIENCE_S = 2.0  # how long an append waits for a server that just went away

Verdict = Appended | Overtaken | LogUnreachable


class Told(msgspec.Struct, frozen=True):
    """The only part of a recorded envelope that tells whose it is."""

    event_id: str


TOLD = msgspec.json.Decoder(Told)


class Append(NamedTuple):
    """An append that waits for its turn."""

    name: str  # as the table has it
    tenant: TenantId
    stream: str
    entries: Sequence[Entry]
    after: int
    verdict: asyncio.Future[Appended]


class PostgresWriter:
    """Owns the only writing connection of this process.

    Writers of several processes take turns (an advisory lock), and each append is held against
    its stream's version inside its turn, so one that is overtaken does not fail the others.
    """

    def __init__(self, url: str, *, channel: str) -> None:
        self._line = Line(url, greet=_greet)
        self._channel = channel
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
            verdicts = await self._verdicts(group)
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
        settled: dict[int, Verdict] = {}
        connection: Connection | None = None
        try:
            connection = await self._line.connection()
            return await _committed(connection, group, channel=self._channel)
        except psycopg.Error as error:
            lost = connection is not None and connection.closed
            await self._line.drop()
            if not lost:
                return [_unreachable(error)] * len(group)
        except (LogUnreachable, TimeoutError) as error:
            await self._line.drop()
            return [_unreachable(error)] * len(group)
        # The server went away, perhaps after it had committed: first see what is there.
        try:
            connection = await self._patiently()
            settled = await _found(connection, group)
            open_ = [number for number in range(len(group)) if number not in settled]
            if open_:
                again = [group[number] for number in open_]
                verdicts = await _committed(connection, again, channel=self._channel)
                settled.update(zip(open_, verdicts, strict=True))
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


async def _committed(
    connection: Connection, group: Sequence[Append], *, channel: str
) -> list[Verdict]:
    """Append what is not overtaken, in two round trips and one fsync."""
    async with asyncio.timeout(ANSWER_WITHIN_S), connection.pipeline():
        await connection.execute("BEGIN")
        await connection.execute(sql.TURN)
        head = await connection.execute(sql.HEAD)
        names = list({append.name for append in group})
        ends = await connection.execute(sql.ENDS, [names], binary=True)
        newest = {name: (version, state) for name, version, state in await ends.fetchall()}
        (position,) = await head.fetchone() or (0,)
        verdicts, news = _sealed(group, newest, position)
        if news:
            await connection.execute(sql.INSERT, _columns(news))
            await connection.execute(sql.NOTIFY, (channel, str(news[-1].position)))
        await connection.execute("COMMIT")
    return verdicts


def _sealed(
    group: Iterable[Append], newest: dict[str, tuple[int, bytes]], position: int
) -> tuple[list[Verdict], list[Recorded]]:
    """Return a verdict for each, and what those that are not overtaken record."""
    verdicts: list[Verdict] = []
    news: list[Recorded] = []
    ends: dict[str, tuple[int, str]] = {}
    for append in group:
        try:
            version, previous = ends.get(append.name) or _end(append.name, newest)
        except LogUnreachable as unreadable:
            verdicts.append(unreadable)
            continue
        if version != append.after:
            verdicts.append(Overtaken(append.stream))
            continue
        recorded = sealed(
            append.entries,
            tenant=append.tenant,
            stream=append.stream,
            after=version,
            previous=previous,
            position=position,
        )
        news += recorded
        version, position = version + len(recorded), position + len(recorded)
        ends[append.name] = version, recorded[-1].hash if recorded else previous
        verdicts.append(Appended(version=version, position=position))
    return verdicts, news


def _end(name: str, newest: dict[str, tuple[int, bytes]]) -> tuple[int, str]:
    if name not in newest:
        return 0, GENESIS
    version, state = newest[name]
    return version, seal_in(name, state)


def _columns(news: Sequence[Recorded]) -> list[list[object]]:
    return [
        [recorded.position for recorded in news],
        [physical(recorded.tenant, recorded.stream) for recorded in news],
        [recorded.version for recorded in news],
        [recorded.kind for recorded in news],
        [envelope_of(recorded) for recorded in news],
    ]


async def _found(connection: Connection, group: Sequence[Append]) -> dict[int, Verdict]:
    """Return the verdicts of those that are on record after all, told by their event ids.

    Waiting for the turn first: the lost connection may still be committing.
    """
    async with asyncio.timeout(ANSWER_WITHIN_S), connection.transaction():
        await connection.execute(sql.TURN)
        lasts = [append.after + len(append.entries) for append in group]
        cursor = await connection.execute(
            sql.AT, [[append.name for append in group], lasts], binary=True
        )
        there = {(name, version): rest for name, version, *rest in await cursor.fetchall()}
    found: dict[int, Verdict] = {}
    for number, (append, last) in enumerate(zip(group, lasts, strict=True)):
        if (append.name, last) in there:
            position, state = there[append.name, last]
            with suppress(msgspec.DecodeError):
                if TOLD.decode(state).event_id == append.entries[-1].event_id:
                    found[number] = Appended(version=last, position=position)
    return found


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
