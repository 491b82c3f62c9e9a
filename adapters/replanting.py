"""Appending a whole history to an empty log, so that it comes out as it was."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice

from commands.ports import EventLog
from domain.envelope import Entry, Recorded

ENTRIES = Entry.__struct_fields__
RUN_MAX = 500  # events in one append


async def replant(log: EventLog, history: Iterable[Recorded], *, at_once: int) -> None:
    """Append events in their order, `at_once` appends under way at a time.

    More than one only for a log that commits in the order it was asked, as those do that
    gather appends behind one writer. Versions and hashes follow from what is appended; raises
    `Overtaken` where the log was not empty.
    """
    runs = _runs(history)
    while group := list(islice(runs, at_once)):
        await asyncio.gather(*(_append(log, run) for run in group))


async def _append(log: EventLog, run: Sequence[Recorded]) -> None:
    first = run[0]
    entries = [Entry(**{name: getattr(each, name) for name in ENTRIES}) for each in run]
    await log.append(first.tenant, first.stream, entries, after=first.version - 1)


def _runs(history: Iterable[Recorded]) -> Iterator[list[Recorded]]:
    """Yield neighbours of one stream together: they can be appended as one."""
    for _, neighbours in groupby(history, key=lambda each: (each.tenant, each.stream)):
        while run := list(islice(neighbours, RUN_MAX)):
            yield run
