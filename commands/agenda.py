"""What comes due: an index over the log of things to do at a time, each done once.

No timer is kept anywhere. The index is rebuilt by reading the log, so a restart forgets and
repeats nothing: what was done is on the record, and the command it led to has the same id.
"""

import heapq
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from commands.causes import because_of
from commands.desk import Desk
from commands.ports import Happenings
from domain.envelope import Recorded
from domain.identity import TenantId

BATCH_MAX = 5_000


class Due(NamedTuple):
    """Something to do `at` a time; a later `Due` or `Dropped` of the same name replaces it.

    `caused_by` is the id of the event that set the time: the source of the command's id.
    """

    tenant: TenantId
    name: str
    at: datetime
    caused_by: str
    note: str = ""  # whatever the one who acts must know besides


class Dropped(NamedTuple):
    """Nothing is to be done any more under this name."""

    tenant: TenantId
    name: str


Heed = Callable[[Recorded], Iterable[Due | Dropped]]
Act = Callable[[Due], Awaitable[bool | Due]]


class Agenda:
    """Follows the log and acts on what is due; safe to stop anywhere and to run twice.

    `heed` says what an event puts on the agenda or takes off it. `act` returns whether the
    matter is closed; when it is not (someone else wrote first) the next step tries again. A
    matter that comes again answers with when: the `Due` that follows it.
    """

    def __init__(self, desk: Desk, happenings: Happenings, *, heed: Heed, act: Act) -> None:
        self._desk = desk
        self._happenings = happenings
        self._heed, self._act = heed, act
        self._position = 0
        self._pending: dict[tuple[TenantId, str], Due] = {}
        self._queue: list[tuple[datetime, TenantId, str]] = []

    async def step(self, *, wait_s: float = 0.0) -> int:
        """Read on, then do what is due; return how many matters were closed.

        Nothing is done before the end of the log was reached: what looks due there may long
        have been done.
        """
        batch = await self._happenings.after(self._position, limit=BATCH_MAX, wait_s=wait_s)
        for recorded in batch:
            for change in self._heed(recorded):
                self._note(change)
            self._position = recorded.position
        if len(batch) == BATCH_MAX:
            return 0
        return await self._settle(self._desk.clock.now())

    async def _acted(self, due: Due) -> bool | Due:
        with because_of(due.caused_by):
            return await self._act(due)

    def _note(self, change: Due | Dropped) -> None:
        name = (change.tenant, change.name)
        if isinstance(change, Dropped):
            self._pending.pop(name, None)
            return
        self._pending[name] = change
        heapq.heappush(self._queue, (change.at, *name))

    async def _settle(self, now: datetime) -> int:
        closed, again = 0, []
        try:
            while self._queue and self._queue[0][0] <= now:
                again.append(heapq.heappop(self._queue))
                at, tenant, name = again[-1]
                due = self._pending.get((tenant, name))
                if due is None or due.at != at:
                    again.pop()  # It was dropped, or has another time now.
                elif answer := await self._acted(due):
                    again.pop()
                    self._pending.pop((tenant, name), None)
                    closed += 1
                    if isinstance(answer, Due):
                        self._note(answer)
        finally:
            # What was not closed, be it that acting on it failed, is due again at the next step.
            for entry in again:
                heapq.heappush(self._queue, entry)
        return closed
