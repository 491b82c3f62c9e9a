"""Process manager: seals what was recorded, every thousand events or every minute.

Pace is kept by a clock that only runs, so that a wall clock set back an hour does not leave
an hour unsealed; what a restart finds unsealed it seals at once.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial

from commands.desk import Desk
from commands.ledger import Ledger
from commands.ports import Fault, Happenings, Overtaken
from commands.transact import Asking, current, transact
from domain.audit import UNSEALED, AuditSealed, Seals, evolve, seal
from domain.audit.seals import CATEGORY, KEY, STREAM, TENANT, root_over
from domain.envelope import Recorded
from migrations.events import EventDecoder

PROCESS = "sealing"
EVENTS_MAX = 1_000
EVERY_S = 60.0
BATCH_MAX = 5_000

SEALS: Ledger[Seals, AuditSealed] = Ledger(
    CATEGORY, UNSEALED, evolve, EventDecoder(AuditSealed), remembers=8
)


class LogCutOff(Fault):
    """The log holds fewer events than were sealed: `cx audit verify` says what is gone."""


class Sealing:
    """Safe to stop anywhere and to run twice: of two seals built on the same one, one wins."""

    def __init__(
        self,
        desk: Desk,
        happenings: Happenings,
        *,
        every_s: float = EVERY_S,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._desk = desk
        self._happenings = happenings
        self._every_s, self._ticks = every_s, ticks
        self._seals: Seals | None = None  # the newest, once it is known
        self._position = 0
        self._waiting: list[Recorded] = []
        self._caught_up = False
        self._due_at: float | None = None

    async def step(self, *, wait_s: float = 0.0) -> int:
        """Read on and seal what is due; return how many seals were set."""
        if self._seals is None:
            self._seals = await self._take_up()
        batch = await self._happenings.after(self._position, limit=BATCH_MAX, wait_s=wait_s)
        self._note(batch)
        sealed = 0
        while len(self._waiting) >= EVENTS_MAX or self._is_due():
            self._seals = await self._seal(self._seals)
            if self._seals is None:
                break  # Someone else did: the next step takes up from there.
            sealed += 1
        return sealed

    def _note(self, batch: Sequence[Recorded]) -> None:
        if batch:
            self._waiting += batch
            self._position = batch[-1].position
        self._wait_for(batch, self._every_s if self._caught_up else 0.0)
        self._caught_up = self._caught_up or len(batch) < BATCH_MAX

    def _wait_for(self, events: Sequence[Recorded], seconds: float) -> None:
        # A seal alone is nothing new: it would be sealed, and that seal again, for ever.
        if self._due_at is None and any(recorded.stream != STREAM for recorded in events):
            self._due_at = self._ticks() + seconds

    def _is_due(self) -> bool:
        return self._due_at is not None and self._ticks() >= self._due_at

    async def _seal(self, seals: Seals) -> Seals | None:
        """Seal the oldest events that wait; return the new seal, None when another was set."""
        covered, at = self._waiting[:EVENTS_MAX], self._desk.clock.now()
        decision = partial(
            seal,
            after=seals,
            hashes=[recorded.hash for recorded in covered],
            first=covered[0].position,
            last=covered[-1].position,
            at=at,
        )
        asking = Asking.of_process(PROCESS, seals.root, tenant=TENANT)
        try:
            await transact(self._desk, SEALS, KEY, decision, asking=asking, at=at)
        except Overtaken:
            return None
        newest = (await current(self._desk, SEALS, TENANT, KEY)).state
        if (newest.built_on, newest.last) != (seals.root, covered[-1].position):
            return None
        del self._waiting[:EVENTS_MAX]
        self._due_at = None
        self._wait_for(self._waiting, self._every_s)
        return newest

    async def _take_up(self) -> Seals:
        """Return the newest seal, ready to read what follows the events it covers."""
        seals = (await current(self._desk, SEALS, TENANT, KEY)).state
        self._position = await self._end_of(seals)
        self._waiting.clear()
        self._caught_up, self._due_at = False, None
        return seals

    async def _end_of(self, seals: Seals) -> int:
        """Return the position of the last event sealed.

        Where the log was restored into another backend, positions are not those of the seal:
        then the events are counted.
        """
        covered = await self._happenings.after(seals.since, limit=max(1, seals.count))
        hashes = [recorded.hash for recorded in covered]
        if seals.count and root_over(seals.built_on, hashes, total=seals.total) == seals.root:
            return covered[-1].position
        position, left = 0, seals.total
        while left:
            batch = await self._happenings.after(position, limit=min(left, BATCH_MAX))
            if not batch:
                raise LogCutOff(f"{left} events of {seals.total} that were sealed are gone")
            position, left = batch[-1].position, left - len(batch)
        return position
