"""What was answered lately, so that a request that comes twice is answered once.

What a command recorded is remembered by its stream for good reason: that survives restarts.
Here is the rest: silent commands, keys that wander to another stream, and what is under way.
"""

import contextlib
from collections import OrderedDict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.refusal import Reason, Refusal

KEPT_FOR = timedelta(hours=24)
KEPT_MAX = 32_768


class KeyReused(Refusal, reason=Reason.MALFORMED):
    """This idempotency key already belongs to another request."""


class RequestUnderWay(Refusal, reason=Reason.UNTIMELY):
    """A request with this idempotency key is still being worked on: ask again in a moment."""


class Outcome(NamedTuple):
    """Where the stream stands after a command: `position` is what a reader may wait for."""

    id: str
    version: int
    position: int
    replayed: bool = False  # the same request was answered before; nothing happened now


class Answered(NamedTuple):
    fingerprint: str
    at: datetime
    outcomes: dict[str, Outcome]  # by stream: one request may reach several, one after another


class Answers:
    """Belongs to one event loop; bounded, and forgotten after a day or with the process."""

    def __init__(self, *, kept_max: int = KEPT_MAX) -> None:
        self._answered: OrderedDict[str, Answered] = OrderedDict()
        self._under_way: set[tuple[str, str]] = set()
        self._kept_max = kept_max

    @contextlib.contextmanager
    def working(self, command_id: str, stream: str, fingerprint: str) -> Iterator[None]:
        """Hold the command's place while it is worked on.

        Raises `KeyReused` for another request with its key, `RequestUnderWay` for the same.
        """
        known = self._answered.get(command_id)
        if known is not None and known.fingerprint != fingerprint:
            raise KeyReused
        if (command_id, stream) in self._under_way:
            raise RequestUnderWay
        self._under_way.add((command_id, stream))
        try:
            yield
        finally:
            self._under_way.discard((command_id, stream))

    def known(self, command_id: str, stream: str) -> Outcome | None:
        """Return what this command led to in the stream, None when that is not known here."""
        answered = self._answered.get(command_id)
        return None if answered is None else answered.outcomes.get(stream)

    def keep(
        self, command_id: str, stream: str, outcome: Outcome, *, fingerprint: str, at: datetime
    ) -> None:
        """Remember an outcome, and forget those of yesterday."""
        answered = self._answered.get(command_id)
        if answered is None:
            answered = self._answered[command_id] = Answered(fingerprint, at, {})
        answered.outcomes[stream] = outcome._replace(replayed=True)
        while self._answered:
            oldest = next(iter(self._answered))
            if len(self._answered) <= self._kept_max and self._answered[oldest].at > at - KEPT_FOR:
                return
            del self._answered[oldest]
