"""What every command handler works at: the log, the clock, and streams already read."""

from collections import OrderedDict
from typing import Any, TypeVar, cast

from commands.answers import Answers
from commands.ledger import Folded, Ledger
from commands.ports import Clock, EventLog, KeyRing
from commands.snapshots import Snapshotting
from domain.event import Event
from domain.identity import TenantId

STREAMS_MAX = 4_096

S = TypeVar("S")
E = TypeVar("E", bound=Event)


class Desk:
    """One per process and event loop; keeps the most recently used streams folded.

    A folded stream is only a head start: each command reads what was appended
    since, so nothing here can be stale.
    """

    def __init__(
        self,
        log: EventLog,
        clock: Clock,
        *,
        keys: KeyRing | None = None,
        snapshots: Snapshotting | None = None,
        streams_max: int = STREAMS_MAX,
    ) -> None:
        self.log = log
        self.clock = clock
        self.snapshots = snapshots
        self._keys = keys
        self.answers = Answers()
        self._streams_max = streams_max
        self._folded: OrderedDict[tuple[TenantId, str], Folded[Any, Any]] = OrderedDict()

    @property
    def keys(self) -> KeyRing:
        """The keys of persons; a desk that was given none must not be asked about any."""
        if self._keys is None:
            raise LookupError("this desk has no key ring: Desk(log, clock, keys=...)")
        return self._keys

    def folded(self, ledger: Ledger[S, E], tenant: TenantId, key: str) -> Folded[S, E]:
        """Return what is known of a stream, which may be nothing yet."""
        name = (tenant, ledger.stream(key))
        folded = self._folded.get(name)
        if folded is None:
            folded = self._folded[name] = Folded(ledger, tenant, key)
            if len(self._folded) > self._streams_max:
                self._folded.popitem(last=False)
        else:
            self._folded.move_to_end(name)
        return cast("Folded[S, E]", folded)
