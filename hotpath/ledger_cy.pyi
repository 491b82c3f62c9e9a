# Types of the compiled ledger; the words are in `ledger_cy.pyx`.
import asyncio

from hotpath.limits import Limits
from hotpath.metrics_cy import Meters
from hotpath.publisher_cy import Link

class Ledger:
    attached: bool
    waiting: int
    in_flight: int
    partitions: int
    meters: Meters
    def __init__(
        self, loop: asyncio.AbstractEventLoop, limits: Limits, meters: Meters, *, partitions: int
    ) -> None: ...
    def attach(self, link: Link) -> None: ...
    def detach(self) -> None: ...
    def flush(self) -> None: ...
