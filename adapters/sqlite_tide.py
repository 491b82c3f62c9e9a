"""Noticing that someone committed to the file: this process at once, others within 5 ms."""

import asyncio
import contextlib

from eventsourcing.sqlite import SQLiteConnection

POLL_S = 0.005  # SQLite tells nobody, so its change counter is looked at: 3 µs a look


class Tide:
    """Waits for commits on behalf of any number of readers with one look per `POLL_S`."""

    def __init__(self, connection: SQLiteConnection) -> None:
        self._connection = connection
        self._waiting: set[asyncio.Future[None]] = set()
        self._watch: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def mark(self) -> int:
        """Return a number that changes with every commit by any other connection.

        Take it before reading: then `moved` cannot miss what came meanwhile.
        """
        cursor = self._connection.cursor()
        cursor.execute("PRAGMA data_version")
        return int(cursor.fetchone()[0])

    async def moved(self, mark: int, *, wait_s: float) -> None:
        """Return when there was a commit since `mark`, or after `wait_s`."""
        if self.mark() != mark:
            return
        self._loop = asyncio.get_running_loop()
        moved: asyncio.Future[None] = self._loop.create_future()
        self._waiting.add(moved)
        if self._watch is None or self._watch.done():
            self._watch = self._loop.create_task(self._look())
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await moved
        finally:
            self._waiting.discard(moved)

    def ring(self) -> None:
        """Wake the readers of this process; called from the writer's thread."""
        loop = self._loop
        if self._waiting and loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake)

    def close(self) -> None:
        if self._watch is not None and not self._watch.done():
            self._watch.cancel()
        self._wake()

    async def _look(self) -> None:
        mark = self.mark()
        while self._waiting:
            await asyncio.sleep(POLL_S)
            if (now := self.mark()) != mark:
                mark = now
                self._wake()

    def _wake(self) -> None:
        for moved in self._waiting:
            if not moved.done():
                moved.set_result(None)
