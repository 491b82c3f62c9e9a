"""Tells everything that is kept of a person, from every place where it may lie."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, Protocol

import msgspec

from adapters.view_erasure import StoredPersonalViews
from commands.ports import Clock, EventLog, KeyRing, Subject
from commands.privacy_ports import Counts, Wanted
from domain.identity import TenantId
from domain.privacy.categories import events_about, streams_of
from domain.privacy.whom import Whom
from read_api.privacy_export import (
    FORMAT,
    ExportEnd,
    ExportEvent,
    ExportFact,
    ExportHeader,
    ExportLine,
    ExportView,
)

SEALED = "sealed:"
NOTES = (
    "Raw streams hold the facts below for up to 3 days, at the partition and seq given with each.",
    "Daily aggregates and bid logs hold no identifier of a person.",
)


class PersonalFacts(Protocol):
    """Observed rows of a person; raises a `Fault`."""

    async def count(self, wanted: Wanted) -> Counts: ...

    def told(self, wanted: Wanted) -> AsyncIterator[dict[str, Any]]: ...


class ComputedExports:
    """Satisfies `Exports` over the log, the views and the facts; keeps nothing."""

    def __init__(
        self,
        *,
        log: EventLog,
        keys: KeyRing,
        clock: Clock,
        views: StoredPersonalViews,
        facts: PersonalFacts,
    ) -> None:
        self._log, self._keys, self._clock = log, keys, clock
        self._views, self._facts = views, facts

    async def lines(
        self, tenant: TenantId, *, request: str, ref: str, whom: Whom
    ) -> AsyncIterator[ExportLine]:
        """Yield the header, all there is, and the end."""
        wanted = Wanted(tenant, ref, whom.all_players)
        counted: Counter[str] = Counter()
        yield ExportHeader(
            format=FORMAT,
            request=request,
            tenant=tenant,
            subject=whom.subject,
            players=whom.players,
            ref=ref,
            generated_at=self._clock.now(),
            facts=await self._facts.count(wanted),
            notes=NOTES,
        )
        for part in (self._events(wanted), self._rows(wanted), self._observed(wanted)):
            async for line in part:
                counted[str(line.__struct_config__.tag)] += 1
                yield line
        yield ExportEnd(lines=dict(counted))

    async def _events(self, wanted: Wanted) -> AsyncIterator[ExportEvent]:
        subject = Subject(wanted.tenant, wanted.ref)
        for stream in streams_of(wanted.ref, wanted.tenant):
            for recorded in await self._log.read(wanted.tenant, stream):
                if not events_about(wanted.ref, stream, recorded.data):
                    continue
                yield ExportEvent(
                    stream=stream,
                    version=recorded.version,
                    kind=recorded.kind,
                    recorded_at=recorded.recorded_at,
                    actor=recorded.actor,
                    data=await self._opened(subject, msgspec.json.decode(recorded.data)),
                )

    async def _rows(self, wanted: Wanted) -> AsyncIterator[ExportView]:
        subject = Subject(wanted.tenant, wanted.ref)
        for name in self._views.names:
            row, _memory = await self._views.rows(name, wanted)
            if row is not None:
                yield ExportView(
                    view=name, row=await self._opened(subject, msgspec.json.decode(row))
                )

    async def _observed(self, wanted: Wanted) -> AsyncIterator[ExportFact]:
        async for row in self._facts.told(wanted):
            yield ExportFact(row=row)

    async def _opened(self, subject: Subject, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """Return a JSON value with everything opened that was sealed for the person."""
        match value:
            case str() if value.startswith(SEALED):
                return await self._keys.opened(subject, value)
            case dict():
                return {name: await self._opened(subject, each) for name, each in value.items()}
            case list():
                return [await self._opened(subject, each) for each in value]
            case _:
                return value
