"""A group of appends in one transaction: each is held against its stream, then all commit."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

import msgspec

from adapters import postgres_statements as sql
from adapters.ends import Ends
from adapters.postgres_lines import ANSWER_WITHIN_S, Connection
from adapters.rows import envelope_of, physical, seal_in
from adapters.sealing import sealed
from commands.ports import Appended, LogUnreachable, Overtaken
from domain.envelope import GENESIS, Entry, Recorded
from domain.identity import TenantId

Verdict = Appended | Exception
End = Callable[[str], tuple[int, str]]  # a stream's newest version and hash


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


async def committed(
    connection: Connection, group: Sequence[Append], *, channel: str, ends: Ends
) -> list[Verdict]:
    """Append what is not overtaken, with one fsync.

    Where the ends of all streams are known it takes one round trip, and nothing is inserted
    when one turns out not to be the end any more; then, or else, it takes two.
    """
    async with asyncio.timeout(ANSWER_WITHIN_S):
        verdicts = await _straight(connection, group, channel=channel, ends=ends)
        if verdicts is None:
            verdicts = await _asking(connection, group, channel=channel, ends=ends)
    return verdicts


async def found(connection: Connection, group: Sequence[Append]) -> dict[int, Verdict]:
    """Return the verdicts of those that are on record after all, told by their event ids.

    Waiting for the turn first: a connection that was lost may still be committing.
    """
    lasts = [append.after + len(append.entries) for append in group]
    async with asyncio.timeout(ANSWER_WITHIN_S), connection.transaction():
        await connection.execute(sql.TURN)
        asked = [[append.name for append in group], lasts]
        cursor = await connection.execute(sql.AT, asked, binary=True)
        there = {(name, version): rest for name, version, *rest in await cursor.fetchall()}
    verdicts: dict[int, Verdict] = {}
    for number, (append, last) in enumerate(zip(group, lasts, strict=True)):
        if (append.name, last) in there:
            position, state = there[append.name, last]
            with suppress(msgspec.DecodeError):
                if TOLD.decode(state).event_id == append.entries[-1].event_id:
                    verdicts[number] = Appended(version=last, position=position)
    return verdicts


async def _straight(
    connection: Connection, group: Sequence[Append], *, channel: str, ends: Ends
) -> list[Verdict] | None:
    """Append without asking where the streams end; None when that has to be asked."""
    known = {append.name: (append.after, ends.at(append.name, append.after)) for append in group}
    if len(known) < len(group) or any(seal is None for _, seal in known.values()):
        return None
    verdicts, news = _sealed(group, lambda name: (known[name][0], known[name][1] or GENESIS))
    async with connection.pipeline():
        await connection.execute("BEGIN")
        await connection.execute(sql.TURN)
        added = await connection.execute(sql.INSERT, [*_columns(news), channel], binary=True)
        await connection.execute("COMMIT")
        last = await added.fetchone()
    if last is None:
        for append in group:
            ends.forget(append.name)
        return None
    return _placed(verdicts, last[0] - len(news), news, ends)


async def _asking(
    connection: Connection, group: Sequence[Append], *, channel: str, ends: Ends
) -> list[Verdict]:
    names = list({append.name for append in group})
    async with connection.pipeline():
        await connection.execute("BEGIN")
        await connection.execute(sql.TURN)
        there = await connection.execute(sql.ENDS, [names], binary=True)
        newest = {name: (version, state) for name, version, state in await there.fetchall()}
        verdicts, news = _sealed(group, lambda name: _end(name, newest))
        last = 0
        if news:
            added = await connection.execute(sql.INSERT, [*_columns(news), channel], binary=True)
            (last,) = await added.fetchone() or (0,)
        await connection.execute("COMMIT")
    return _placed(verdicts, last - len(news), news, ends)


def _sealed(group: Iterable[Append], end: End) -> tuple[list[Verdict], list[Recorded]]:
    """Return a verdict for each, and what those that are not overtaken record.

    Positions count from 1 here: where the log stands is not known yet.
    """
    verdicts: list[Verdict] = []
    news: list[Recorded] = []
    ends: dict[str, tuple[int, str]] = {}
    for append in group:
        try:
            version, previous = ends.get(append.name) or end(append.name)
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
            position=len(news),
        )
        news += recorded
        version += len(recorded)
        ends[append.name] = version, recorded[-1].hash
        verdicts.append(Appended(version=version, position=len(news)))
    return verdicts, news


def _placed(
    verdicts: Sequence[Verdict], before: int, news: Sequence[Recorded], ends: Ends
) -> list[Verdict]:
    """Return the verdicts with positions of the log, and remember where the streams end."""
    for recorded in news:
        ends.note(physical(recorded.tenant, recorded.stream), recorded.version, recorded.hash)
    return [
        verdict._replace(position=before + verdict.position)
        if isinstance(verdict, Appended)
        else verdict
        for verdict in verdicts
    ]


def _end(name: str, newest: dict[str, tuple[int, bytes]]) -> tuple[int, str]:
    if name not in newest:
        return 0, GENESIS
    version, state = newest[name]
    return version, seal_in(name, state)


def _columns(news: Sequence[Recorded]) -> list[list[object]]:
    return [
        [physical(recorded.tenant, recorded.stream) for recorded in news],
        [recorded.version for recorded in news],
        [recorded.kind for recorded in news],
        [envelope_of(recorded) for recorded in news],
    ]
