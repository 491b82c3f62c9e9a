"""The log as a file that any log can be restored from: gzipped JSON lines, one event a line.

`zcat events.jsonl.gz | head` shows it. `data` is embedded as the bytes it was recorded in,
because the hashes cover them.
"""

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from domain.envelope import Recorded

QUICK = 1  # gzip's level: three times as fast as its default, a tenth larger
BATCH = 5_000
CHUNK_BYTES = 1 << 20
FIELDS = tuple(name for name in Recorded.__struct_fields__ if name != "data")


class FileDamaged(Exception):
    """The file is not what was written: cut off, changed, or no such file at all."""


# Field by field a `Recorded`, but for the data, which stays the JSON it is.
Line = msgspec.defstruct(
    "Line",
    [(name, Recorded.__annotations__[name]) for name in FIELDS] + [("data", msgspec.Raw)],
    frozen=True,
    gc=False,
)
LINES = msgspec.json.Decoder(Line)
ENCODE = msgspec.json.Encoder().encode


class EventsFile:
    """A new file of events; nobody should look at it before `finish` returned."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb")
        self._packed = gzip.GzipFile("", "wb", QUICK, self._file, mtime=0)

    def put(self, history: Sequence[Recorded]) -> None:
        """Write further events."""
        self._packed.write(b"".join([_line(recorded) for recorded in history]))

    def finish(self) -> None:
        """Return once everything is on the disk."""
        self._packed.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


def events_in(path: Path) -> Iterator[list[Recorded]]:
    """Yield the file's events in batches; raises `FileDamaged` where it is not readable."""
    try:
        with gzip.open(path, "rb") as lines:
            while batch := [_recorded(line) for line in islice(cast("BinaryIO", lines), BATCH)]:
                yield batch
    except (OSError, EOFError, zlib.error, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FileDamaged(f"{path.name} cannot be read as events: {error}") from error


def sha256_of(path: Path) -> str:
    """Return the hex SHA-256 of a file; raises `FileDamaged` when it is not there."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FileDamaged(f"{path.name} cannot be read: {error.strerror}") from error


def _line(recorded: Recorded) -> bytes:
    if b"\n" in recorded.data:  # which our encoder never writes
        raise FileDamaged(f"{recorded.stream} {recorded.version} is not JSON on one line")
    values = (getattr(recorded, name) for name in FIELDS)
    return ENCODE(Line(*values, msgspec.Raw(recorded.data))) + b"\n"


def _recorded(line: bytes) -> Recorded:
    read = LINES.decode(line)
    fields = {name: getattr(read, name) for name in (*FIELDS, "data")}
    return Recorded(**{**fields, "data": bytes(fields["data"])})
