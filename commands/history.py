"""Long histories, read lean: pages of bare events, and of the commands only the newest."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import NamedTuple, Protocol, TypeVar, runtime_checkable

import msgspec

from commands.ledger import BUSY, REMEMBERED_FOR, Folded, Remembered, remember
from commands.ports import EventLog
from domain.envelope import Recorded
from domain.event import Event
from domain.identity import TenantId

NEAR_MAX = 64  # events that are read whole: most streams never have more
TAIL = 128  # events of which the commands are looked at first

S = TypeVar("S")
E = TypeVar("E", bound=Event)


class Page(NamedTuple):
    """Some of a stream's events in order, ending with version `last` at `position`.

    `documents` is a JSON array of objects, the `data` of each being one event.
    """

    last: int
    position: int
    documents: str | bytes


@runtime_checkable
class PagedLog(EventLog, Protocol):
    """An event log that can hand out events without what is recorded beside them."""

    def pages(self, tenant: TenantId, stream: str, *, after: int) -> AsyncGenerator[Page, None]:
        """Yield the events past a version, up to the end or to where the log is damaged."""


async def follow(log: EventLog, folded: Folded[S, E]) -> None:
    """Fold what was appended since `folded` was last looked at."""
    if isinstance(log, PagedLog):
        upto = folded.version + NEAR_MAX
        near = await log.read(folded.tenant, folded.stream, after=folded.version, upto=upto)
        folded.absorb(near)
        if len(near) < NEAR_MAX:
            return
        await _leap(log, folded)
    # Whatever no page held, be it damaged, is met here, and told exactly.
    folded.absorb(await log.read(folded.tenant, folded.stream, after=folded.version))


async def _leap(log: PagedLog, folded: Folded[S, E]) -> None:
    """Fold all pages beside `folded`, and bring it there at once.

    Others may ask of it meanwhile: they must never see events without their commands.
    """
    begun, ledger = folded.version, folded.ledger
    state, version, position = folded.state, begun, folded.position
    try:
        async with aclosing(log.pages(folded.tenant, folded.stream, after=begun)) as pages:
            async for page in pages:
                state, count = ledger.fold_all(state, page.documents)
                if count != page.last - version:
                    return
                version, position = page.last, page.position
    except msgspec.MsgspecError:
        return  # The events read whole will tell which it is.
    remembered = await _remembered(log, folded, version)
    if folded.version == begun:
        folded.leap(state, version, position, remembered)


async def _remembered(log: PagedLog, folded: Folded[S, E], version: int) -> dict[str, Remembered]:
    """Return what would be remembered, had each event since `folded` been absorbed."""
    begun, least, size = folded.version, folded.ledger.remembers, TAIL
    earlier = dict(folded.remembered)
    while True:
        first = max(begun, version - size)
        tail = await log.read(folded.tenant, folded.stream, after=first, upto=version)
        if first == begun or _enough(tail, least):
            break
        size *= 4
    remembered = earlier if first == begun else {}
    for event in tail:
        told = Remembered(event.fingerprint, event.version, event.position, event.recorded_at)
        remember(remembered, event.command_id, told, least=least)
    return remembered


def _enough(tail: Sequence[Recorded], least: int) -> bool:
    """Tell whether nothing before these events would still be remembered."""
    commands = len({event.command_id for event in tail})
    # The first command may have begun before the tail, so it is not counted.
    aged = tail[0].recorded_at <= tail[-1].recorded_at - REMEMBERED_FOR
    return commands > least * BUSY or (commands > least and aged)
