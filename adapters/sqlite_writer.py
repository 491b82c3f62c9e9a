"""One thread that writes: it gathers what is waiting and commits it with one fsync."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NamedTuple

from adapters.rows import physical
from adapters.sealing import SealedRow, sealed_rows
from adapters.sqlite_pen import ENDS_MAX, Pen, Verdict
from commands.ports import Appended, LogUnreachable
from domain.envelope import GENESIS, Entry
from domain.identity import TenantId

GROUP_MAX = 512  # appends in one transaction
GROUP_BYTES_MAX = 8_000_000
SEALED_EARLY_MAX = 16  # entries of one append; more would keep the event loop


class Append(NamedTuple):
    """An append that waits for its turn."""

    name: str  # as the file has it
    tenant: TenantId
    stream: str
    entries: Sequence[Entry]
    after: int
    previous: str
    rows: Sequence[SealedRow]
    size: int  # in bytes
    verdict: asyncio.Future[Appended]


class SqliteWriter:
    """Owns the only writing connection of this process.

    Several processes may write the same file: SQLite's own lock takes them in
    turn, and each append checks its stream's version inside the transaction.
    """

    def __init__(self, path: Path | str, *, committed: Callable[[], None]) -> None:
        self._path = path
        self._committed = committed  # called in the writer's thread after each commit
        self._waiting: SimpleQueue[Append | None] = SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._pen: Pen | None = None
        self._ends: dict[str, SealedRow] = {}  # the newest row of each stream, as was asked here

    async def append(
        self, tenant: TenantId, stream: str, entries: Sequence[Entry], *, after: int
    ) -> Appended:
        """Return once the entries are on disk; `Overtaken` and `LogUnreachable` as the port says.

        A caller that is cancelled meanwhile may still have appended.
        """
        if not entries:
            raise ValueError("an append of nothing")
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._run, name="event-log-writer", daemon=True)
            self._thread.start()
        verdict: asyncio.Future[Appended] = self._loop.create_future()
        name = physical(tenant, stream)
        previous = self._believed(name, after) if len(entries) <= SEALED_EARLY_MAX else ""
        rows: Sequence[SealedRow] = ()
        if previous:
            rows = tuple(
                sealed_rows(entries, tenant=tenant, stream=stream, after=after, previous=previous)
            )
            self._ends[name] = rows[-1]
        size = sum([len(entry.data) for entry in entries])
        self._waiting.put(
            Append(name, tenant, stream, entries, after, previous, rows, size, verdict)
        )
        try:
            return await verdict
        except Exception:
            self._ends.pop(name, None)
            raise

    def _believed(self, name: str, after: int) -> str:
        """Return what the next event is probably sealed with: the writer knows for certain.

        Sealing early, in the event loop, is work done while the writer waits for the disk.
        """
        if after == 0:
            return GENESIS
        end = self._ends.pop(name, None)
        while len(self._ends) > ENDS_MAX:
            del self._ends[next(iter(self._ends))]
        return end.hash if end is not None and end.version == after else ""

    def close(self) -> None:
        """Write what is waiting, then stop."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()
            self._loop = self._thread = None

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            group, last = self._gather(first)
            verdicts = self._commit(group)
            self._deliver(group, verdicts)
            if last:
                break
        self._disconnect()

    def _gather(self, first: Append) -> tuple[list[Append], bool]:
        group, size = [first], first.size
        while len(group) < GROUP_MAX and size < GROUP_BYTES_MAX:
            try:
                append = self._waiting.get_nowait()
            except Empty:
                break
            if append is None:
                return group, True
            group.append(append)
            size += append.size
        return group, False

    def _commit(self, group: Sequence[Append]) -> Sequence[Verdict | Exception]:
        try:
            if self._pen is None:
                self._pen = Pen(self._path)
            return self._pen.write(group)
        except sqlite3.Error as error:
            self._disconnect()
            unreachable = LogUnreachable(str(error))
            unreachable.__cause__ = error
            return [unreachable] * len(group)
        except Exception as mistake:  # noqa: BLE001 - told to those who asked, else they would wait
            self._disconnect()
            return [mistake] * len(group)

    def _disconnect(self) -> None:
        """Let go of the file, and of what was known of it."""
        if self._pen is not None:
            with suppress(sqlite3.Error):
                self._pen.drop()
            self._pen = None

    def _deliver(self, group: Sequence[Append], verdicts: Sequence[Verdict | Exception]) -> None:
        if any(isinstance(verdict, Appended) for verdict in verdicts):
            self._committed()
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(_tell, group, verdicts)


def _tell(group: Sequence[Append], verdicts: Sequence[Verdict | Exception]) -> None:
    for append, verdict in zip(group, verdicts, strict=True):
        asked = append.verdict
        if asked.done():
            continue  # The caller was cancelled.
        if isinstance(verdict, Appended):
            asked.set_result(verdict)
        else:
            asked.set_exception(verdict)
