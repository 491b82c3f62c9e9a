"""The event log in KurrentDB, formerly EventStoreDB: streams, `$all`, and proof."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

from kurrentdbclient import NewEvent, RecordedEvent, StreamState
from kurrentdbclient.exceptions import (
    InvalidCommitPositionError,
    NotFoundError,
    ProgrammingError,
    WrongCurrentVersionError,
)

from adapters.ends import Ends
from adapters.fitting import demand_fit, readable
from adapters.kurrentdb_address import address, client_at
from adapters.kurrentdb_ear import KurrentDBEar
from adapters.kurrentdb_events import Naming, proposed, recorded_from
from adapters.kurrentdb_faults import reported
from adapters.recent import Recent
from adapters.rows import RowUnreadable
from adapters.sealing import sealed
from commands.ports import Appended, LogUnreachable, Overtaken
from domain.audit import Anchor
from domain.chain import Chains, Verification
from domain.envelope import Entry, Recorded
from domain.identity import TenantId

APPEND_WITHIN_S = 5.0
ANSWER_WITHIN_S = 10.0
VERIFIED_AT_ONCE = 5_000
POLL_S = 0.25  # while nothing is heard, the log is asked


class KurrentDBEventLog:
    """`EventLog` and `EventFeed` over `kurrentdbclient`, by its documented protocol.

    The URL is the client's: `kurrentdb://user:password@host:2113?tls=true&tlsCaFile=…` (`esdb://`
    too; several hosts make a cluster), with `namespace=name` of ours for a database shared by
    installations. Positions are commit positions: they grow, with gaps. Streams are named
    `{category}-{tenant}.{key}`, so that KurrentDB's `$by_category` works. Belongs to one event
    loop. Raises `LogUnreachable` whenever the server does not do as asked.
    """

    def __init__(self, url: str) -> None:
        own, namespace = address(url)
        self._client = client_at(own)
        self._naming = Naming(namespace)
        self._recent = Recent()
        self._ear = KurrentDBEar(self._client, naming=self._naming, recent=self._recent)
        self._ends = Ends()

    async def __aenter__(self) -> Self:
        """Connect and ask once; raises `LogUnreachable`."""
        try:
            await self.head()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Hang up."""
        await self._ear.aclose()
        with suppress(ProgrammingError):  # it never got through to any node
            await self._client.close()

    async def read(
        self, tenant: TenantId, stream: str, *, after: int = 0, upto: int | None = None
    ) -> Sequence[Recorded]:
        limit = sys.maxsize if upto is None else upto - after
        if not readable(stream) or limit <= 0:
            return []
        name = self._naming.name(tenant, stream)
        try:
            with reported():
                events = await self._client.get_stream(
                    name, stream_position=after, limit=limit, timeout=ANSWER_WITHIN_S
                )
        except NotFoundError:
            return []
        history = [recorded_from(event, self._naming) for event in events]
        if history and len(history) < limit:
            self._ends.note(name, history[-1].version, history[-1].hash)
        return history

    async def append(
        self, tenant: TenantId, stream: str, entries: Sequence[Entry], *, after: int
    ) -> Appended:
        demand_fit(stream, entries)
        name = self._naming.name(tenant, stream)
        previous = self._ends.at(name, after) or await self._seal_at(name, after)
        if previous is None:
            raise Overtaken(stream)
        news = sealed(
            entries, tenant=tenant, stream=stream, after=after, previous=previous, position=0
        )
        try:
            position = await self._appended(name, [proposed(each) for each in news], after)
        except WrongCurrentVersionError as error:
            self._ends.forget(name)
            raise Overtaken(stream) from error
        self._ends.note(name, news[-1].version, news[-1].hash)
        return Appended(version=after + len(news), position=position)

    async def after(self, position: int, *, limit: int, wait_s: float = 0.0) -> Sequence[Recorded]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait_s
        self._ear.open()
        position = max(0, position)
        while True:
            left_s = deadline - loop.time()
            await self._recent.past(
                position, wait_s=left_s if self._ear.live else min(left_s, POLL_S)
            )
            batch: Sequence[Recorded] | None = self._recent.since(position, limit)
            if batch is None or (not batch and not (wait_s and self._ear.live)):
                events = await self._feed(position, limit)
                batch = [recorded_from(event, self._naming) for event in events]
            if batch or loop.time() >= deadline:
                return batch

    async def head(self) -> int:
        with reported():
            return await self._client.get_commit_position(
                filter_include=(self._naming.pattern,),
                filter_by_stream_name=True,
                timeout=ANSWER_WITHIN_S,
            )

    async def verify(
        self,
        tenant: TenantId | None = None,
        stream: str | None = None,
        *,
        anchor: Anchor | None = None,
    ) -> Verification:
        """Check the hash chains of all streams, of a tenant's, or of one; and the seals.

        The whole log is read and its seals are checked, unless tenant and stream are named.
        """
        chains = Chains(tenant=tenant, stream=stream, anchor=anchor)
        if tenant is not None and stream is not None:
            self._follow(chains, await self._whole(self._naming.name(tenant, stream)))
            return chains.verification()
        position = 0
        while events := await self._feed(position, VERIFIED_AT_ONCE):
            await asyncio.to_thread(self._follow, chains, events)
            position = events[-1].commit_position
        return chains.verification()

    def _follow(self, chains: Chains, events: Sequence[RecordedEvent]) -> None:
        for event in events:
            try:
                chains.follow((recorded_from(event, self._naming),))
            except RowUnreadable as row:
                chains.pass_over(row.tenant, row.stream, row.version, row.position)

    async def _whole(self, name: str) -> Sequence[RecordedEvent]:
        try:
            with reported():
                return await self._client.get_stream(name)
        except NotFoundError:
            return ()

    async def _feed(self, position: int, limit: int) -> Sequence[RecordedEvent]:
        """Return events past a position; where no event lies there, the log is gone through.

        KurrentDB reads from an event's own position on, and refuses any other number. Whoever
        follows has such a position; a number from elsewhere, or a log restored, is rare.
        """
        with reported():
            try:
                return await self._past(position, limit, begin=position or None)
            except InvalidCommitPositionError:
                return await self._past(position, limit, begin=None)

    async def _past(
        self, position: int, limit: int, *, begin: int | None
    ) -> Sequence[RecordedEvent]:
        reading = await self._client.read_all(
            commit_position=begin,
            filter_include=(self._naming.pattern,),
            filter_by_stream_name=True,
            limit=limit + 1 if begin or not position else sys.maxsize,
            timeout=ANSWER_WITHIN_S if begin or not position else None,
        )
        events: list[RecordedEvent] = []
        async for event in reading:
            if event.commit_position > position:
                events.append(event)
                if len(events) == limit:
                    break
        await reading.stop()
        return events

    async def _seal_at(self, name: str, version: int) -> str | None:
        """Return the hash of the stream's newest event, None unless it is that version."""
        if self._ends.beyond(name, version):
            return None
        try:
            with reported():
                newest = await self._client.get_stream(
                    name, backwards=True, limit=1, timeout=ANSWER_WITHIN_S
                )
        except NotFoundError:
            return None
        last = recorded_from(newest[0], self._naming)
        return last.hash if last.version == version else None

    async def _appended(self, name: str, news: list[NewEvent], after: int) -> int:
        try:
            with reported():
                return await self._client.append_to_stream(
                    name,
                    events=news,
                    current_version=after - 1 if after else StreamState.NO_STREAM,
                    timeout=APPEND_WITHIN_S,
                )
        except LogUnreachable as lost:
            # Perhaps only the answer was lost: then the last event is there under its id.
            position = await self._found(name, news[-1], after + len(news))
            if position is None:
                raise lost from None
            return position

    async def _found(self, name: str, event: NewEvent, version: int) -> int | None:
        try:
            with reported():
                there = await self._client.get_stream(
                    name, stream_position=version - 1, limit=1, timeout=ANSWER_WITHIN_S
                )
        except (LogUnreachable, NotFoundError):
            return None
        return there[0].commit_position if there and there[0].id == event.id else None
