"""A key ring copied out to a file and back, from wherever it is kept to wherever it is to be.

The file is a SQLite key ring itself. Keys stay wrapped: without the ring's secret it opens
nothing, and the secret is never copied.
"""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg

from adapters import postgres_keys, sqlite_keys
from commands.ports import KeysUnreachable

SQLITE = "sqlite:///"
THERE = "SELECT to_regclass('cx_key_ring') IS NOT NULL"
KEYS = "SELECT tenant, ref, lookup, wrapped FROM cx_subject_keys"
MARKED = "INSERT INTO cx_key_ring VALUES (1, %s)"
PLANTED = "INSERT INTO cx_subject_keys VALUES (%s, %s, %s, %s)"


def copy_keys(url: str, copy: Path) -> bool:
    """Copy the ring as of one moment into a new file; return False where there is no ring yet.

    Raises `KeysUnreachable`.
    """
    try:
        if not url.startswith(SQLITE):
            return _copied_from_server(url, copy)
        ring = Path(url.removeprefix(SQLITE))
        if not ring.exists():
            return False
        with (
            closing(sqlite3.connect(f"file:{ring}?mode=ro", uri=True)) as source,
            closing(_new_file(copy)) as target,
        ):
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
    except (sqlite3.Error, psycopg.Error, OSError) as error:
        raise KeysUnreachable(str(error).strip()) from error
    return True


def plant_keys(copy: Path, url: str) -> bool:
    """Put a copy where the ring belongs; return False, changing nothing, where one is already.

    Raises `KeysUnreachable`.
    """
    try:
        if not url.startswith(SQLITE):
            return _planted_in_server(copy, url)
        ring = Path(url.removeprefix(SQLITE))
        if ring.exists():
            return False
        draft = ring.with_name(f".{ring.name}.{os.getpid()}")
        shutil.copyfile(copy, draft)
        draft.chmod(sqlite_keys.OWNER_ONLY)
        draft.rename(ring)
    except (sqlite3.Error, psycopg.Error, OSError) as error:
        raise KeysUnreachable(str(error).strip()) from error
    return True


def _copied_from_server(url: str, copy: Path) -> bool:
    with psycopg.connect(url) as server:
        server.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        if server.execute(THERE).fetchone() != (True,):
            return False
        marks = server.execute(postgres_keys.MARK).fetchall()
        keys = server.execute(KEYS).fetchall()
    with closing(_new_file(copy)) as file, file:
        file.executescript(sqlite_keys.SCHEMA)
        file.executemany("INSERT INTO ring VALUES (?)", marks)
        file.executemany("INSERT INTO subjects VALUES (?, ?, ?, ?)", keys)
    return bool(marks)


def _planted_in_server(copy: Path, url: str) -> bool:
    with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as file:
        marks = file.execute("SELECT mark FROM ring").fetchall()
        keys = file.execute("SELECT tenant, ref, lookup, wrapped FROM subjects").fetchall()
    with psycopg.connect(url) as server:
        server.execute("SELECT pg_advisory_xact_lock(%s)", (postgres_keys.SCHEMA_LOCK,))
        for statement in postgres_keys.SCHEMA:
            server.execute(statement.encode())
        if server.execute(postgres_keys.MARK).fetchone() is not None:
            return False
        cursor = server.cursor()
        cursor.executemany(MARKED, marks)
        cursor.executemany(PLANTED, keys)
    return True


def _new_file(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_CREAT | os.O_EXCL, sqlite_keys.OWNER_ONLY))
    return sqlite3.connect(path)
