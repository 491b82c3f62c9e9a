"""How a family of streams is named and understood, and what is remembered of one stream."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import reduce
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from commands.ports import Appended, Fault
from domain.envelope import Recorded
from domain.event import Event
from domain.identity import TenantId
from migrations.events import EventDecoder

REMEMBERED = 256
REMEMBERED_FOR = timedelta(hours=24)
SNAPSHOT_EVERY = 500  # events, of a ledger whose streams may grow long: 1 ms of folding
BUSY = 64  # a stream may remember so many times more, while the commands are younger than that

S = TypeVar("S")
E = TypeVar("E", bound=Event)


class HistoryUnreadable(Fault):
    """The stream holds an event that this version of the program cannot read.

    Deciding on half a history would be worse than not deciding.
    """


class Long(NamedTuple, Generic[S]):
    """How a family whose streams grow long folds many events at once: as `evolve`, only sooner.

    The decoder may leave out of an event what the state does not keep.
    """

    decoder: EventDecoder[Any]
    fold: Callable[[S, Sequence[Any]], S]


class Ledger(NamedTuple, Generic[S, E]):
    """How one family of streams is named and understood.

    `remembers` is how many commands a stream answers for again at least, however old they
    are; those of the last 24 hours it answers for too, up to 64 times as many. Where only
    process managers ask, and the domain itself counts a range once, a few are enough.
    """

    category: str
    blank: S
    evolve: Callable[[S, E], S]
    decoder: EventDecoder[E]
    remembers: int = REMEMBERED
    snapshot_every: int = 0  # events; 0 for streams that stay short
    long: Long[S] | None = None

    def fold_all(self, state: S, documents: str | bytes) -> tuple[S, int]:
        """Return the state after the events that are these documents' `data`, and their number.

        Raises `msgspec.MsgspecError` when one of them cannot be read.
        """
        if self.long is None:
            events = self.decoder.decode_all(documents)
            return reduce(self.evolve, events, state), len(events)
        history = self.long.decoder.decode_all(documents)
        return self.long.fold(state, history), len(history)

    def stream(self, key: str) -> str:
        return f"{self.category}-{key}"


class Remembered(NamedTuple):
    """What a command led to."""

    fingerprint: str
    version: int
    position: int
    at: datetime


class Folded(Generic[S, E]):
    """One stream's state so far, and the commands it answers for again.

    Not shared between event loops. `turn` keeps writers of this process from
    overtaking each other; the log's expected version keeps the others honest.
    """

    def __init__(self, ledger: Ledger[S, E], tenant: TenantId, key: str) -> None:
        self.tenant = tenant
        self.stream = ledger.stream(key)
        self.state = ledger.blank
        self.version = 0
        self.position = 0
        self.remembered: dict[str, Remembered] = {}
        self.turn = asyncio.Lock()
        self.kept = 0  # the version of the newest snapshot
        self.ledger = ledger

    def resume(
        self, state: S, version: int, position: int, remembered: dict[str, Remembered]
    ) -> None:
        """Go on from a snapshot, as if the history before it had just been folded."""
        self.leap(state, version, position, remembered)
        self.kept = version

    def leap(
        self, state: S, version: int, position: int, remembered: dict[str, Remembered]
    ) -> None:
        """Be where folding the history up to `version` has led."""
        self.state, self.version, self.position = state, version, position
        self.remembered = remembered

    def absorb(self, history: Sequence[Recorded]) -> None:
        """Fold what is new in `history`; events already folded are passed over."""
        for recorded in history:
            if recorded.version != self.version + 1:
                continue
            try:
                event = self.ledger.decoder.decode(recorded.data)
            except msgspec.ValidationError as error:
                raise HistoryUnreadable(self.stream, recorded.version) from error
            self._take(event, recorded.version, recorded.position)
            self._remember(recorded.command_id, recorded.fingerprint, recorded.recorded_at)

    def advance(
        self,
        news: Sequence[E],
        command_id: str,
        fingerprint: str,
        appended: Appended,
        *,
        at: datetime,
    ) -> None:
        """Fold what this process has just appended."""
        first = appended.version - len(news) + 1
        if first != self.version + 1:
            return
        for version, event in enumerate(news, start=first):
            self._take(event, version, appended.position)
        self._remember(command_id, fingerprint, at)

    def _take(self, event: E, version: int, position: int) -> None:
        self.state = self.ledger.evolve(self.state, event)
        self.version, self.position = version, position

    def _remember(self, command_id: str, fingerprint: str, at: datetime) -> None:
        told = Remembered(fingerprint, self.version, self.position, at)
        remember(self.remembered, command_id, told, least=self.ledger.remembers)


def remember(
    remembered: dict[str, Remembered], command_id: str, told: Remembered, *, least: int
) -> None:
    """Add a command as the newest, and forget what is too old by now."""
    remembered.pop(command_id, None)
    remembered[command_id] = told
    while len(remembered) > least:
        oldest = next(iter(remembered))
        if len(remembered) <= least * BUSY and remembered[oldest].at > told.at - REMEMBERED_FOR:
            return
        del remembered[oldest]
