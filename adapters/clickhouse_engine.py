"""ClickHouse's engine inside this process: a pool of handles, one statement at a time on each."""

import fcntl
import os
import queue
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from chdb.state.sqlitelike import connect

from adapters.clickhouse_statement import Statement

DATABASE = "cx"
SERVER_BYTES_MAX = 2_000_000_000
READERS = 4
WRITERS = 2
ERROR_CODE = re.compile(r"Code: (\d+)\.")

# Server settings: memory and threads fit for one small machine that runs everything else too.
SERVER_SETTINGS = {
    "max_server_memory_usage": SERVER_BYTES_MAX,
    "mark_cache_size": 64 << 20,
    "uncompressed_cache_size": 0,
    "index_mark_cache_size": 16 << 20,
    "background_pool_size": 2,
    "background_schedule_pool_size": 4,
    "max_thread_pool_size": 400,
}

# What each statement starts from; a request may override any of them.
STATEMENT_SETTINGS = {
    "async_insert": "0",
    "max_execution_time": "60",
    "max_memory_usage": "1000000000",
    "max_result_bytes": "268435456",
    "max_threads": "2",
    "session_timezone": "UTC",
}


class Locked(RuntimeError):
    """The data directory belongs to a process that still runs."""


class EngineError(Exception):
    """The engine refused or failed a statement; `code` is ClickHouse's error code."""

    def __init__(self, text: str) -> None:
        found = ERROR_CODE.search(text)
        self.code = int(found[1]) if found else 1002
        super().__init__(text[found.start() :] if found else f"Code: 1002. DB::Exception: {text}")


class Answer(NamedTuple):
    """A finished statement: its whole result and what it read and wrote."""

    body: bytes
    rows_read: int
    bytes_read: int
    rows_written: int
    bytes_written: int
    elapsed_s: float


class Handle:
    """One engine session; it remembers what the last statement set, to set only differences."""

    def __init__(self, connection: str) -> None:
        self._session = connect(connection)
        self._database = ""
        self._settings: dict[str, str] = {}

    def run(self, statement: Statement) -> Answer:
        """Run one statement to its end; raises `EngineError`."""
        try:
            self._prepare(statement.database, STATEMENT_SETTINGS | statement.settings)
            if statement.data is None:
                return self._query(statement)
            return self._insert(statement, statement.data)
        except RuntimeError as error:  # chdb's own error class is a RuntimeError too
            raise EngineError(str(error)) from error

    def close(self) -> None:
        self._session.close()

    def _prepare(self, database: str, settings: dict[str, str]) -> None:
        if database != self._database:
            self._session.query(f"USE {quoted(database, '`')}")
            self._database = database
        if settings == self._settings:
            return
        changes = [f"{k}={quoted(v)}" for k, v in settings.items() if self._settings.get(k) != v]
        changes += [f"{k}=DEFAULT" for k in self._settings if k not in settings]
        self._settings = {}  # when the SET fails half-way, the next statement sets everything
        if changes:
            self._session.query(f"SET {', '.join(changes)}")
        self._settings = settings

    def _query(self, statement: Statement) -> Answer:
        found = self._session.query(statement.text, statement.format, params=statement.parameters)
        return Answer(
            found.bytes() or b"",
            found.rows_read(),
            found.bytes_read(),
            found.rows_written(),
            found.bytes_written(),
            found.elapsed(),
        )

    def _insert(self, statement: Statement, data: bytes) -> Answer:
        started = time.perf_counter()
        with self._session.send_insert(statement.text, statement.format) as rows:
            if data:
                rows.append(data)
            done = rows.finish()
        elapsed_s = time.perf_counter() - started
        return Answer(b"", 0, 0, done.rows_written, done.bytes_written, elapsed_s)


class Engine:
    """The engine of one directory; inserts never wait behind reads."""

    def __init__(self, directory: Path) -> None:
        """Open `directory`, making it when needed; raises `Locked`."""
        directory.mkdir(parents=True, exist_ok=True)
        self._lock = locked(directory)
        options = "&".join(f"{name}={value}" for name, value in SERVER_SETTINGS.items())
        self._connection = f"{directory / 'store'}?{options}"
        self._readers = Pool(self._connection, READERS, "read")
        self._writers = Pool(self._connection, WRITERS, "write")

    def pool(self, statement: Statement) -> "Pool":
        return self._readers if statement.data is None else self._writers

    def close(self) -> None:
        """Wait for what runs, then close; the lock ends with the process."""
        self._writers.close()
        self._readers.close()
        os.close(self._lock)


class Pool:
    """Some handles and as many threads."""

    def __init__(self, connection: str, size: int, name: str) -> None:
        self.threads = ThreadPoolExecutor(size, thread_name_prefix=name)
        self._free: queue.SimpleQueue[Handle] = queue.SimpleQueue()
        self._handles = [Handle(connection) for _ in range(size)]
        for handle in self._handles:
            self._free.put(handle)

    def run(self, statement: Statement) -> Answer:
        """Run on a free handle; called on this pool's threads only."""
        handle = self._free.get()
        try:
            return handle.run(statement)
        finally:
            self._free.put(handle)

    def close(self) -> None:
        self.threads.shutdown(wait=True, cancel_futures=True)
        for handle in self._handles:
            handle.close()


def opened(directory: Path) -> Engine:
    """Open the engine with its own database; `default` is an Overlay where views misbehave."""
    engine = Engine(directory)
    create = f"CREATE DATABASE IF NOT EXISTS {DATABASE} ENGINE=Atomic"
    asked = Statement(create, "Null", None, "system", {}, {})
    engine.pool(asked).run(asked)
    return engine


def locked(directory: Path) -> int:
    """Hold `directory` for this process; the kernel lets go however the process ends."""
    lock = os.open(directory / "door.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(lock, 32, 0).decode(errors="replace").strip() or "unknown"
        os.close(lock)
        raise Locked(
            f"{directory} is already open in the process {holder}: one process owns a "
            "ClickHouse directory. Stop that process, or choose another directory."
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def quoted(text: str, mark: str = "'") -> str:
    """Return `text` as a SQL literal (or an identifier with backticks)."""
    escaped = text.replace("\\", "\\\\").replace(mark, "\\" + mark)
    return f"{mark}{escaped}{mark}"
