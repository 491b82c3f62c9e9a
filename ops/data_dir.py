"""The one directory everything persistent lives under: its lock, its files, who owns it."""

import contextlib
import fcntl
import os
import secrets
import shutil
from pathlib import Path
from typing import IO, TypeVar

import msgspec

from ops.obstacle import DirectoryTaken, DirectoryUnusable

T = TypeVar("T")


class ProcessStatus(msgspec.Struct, kw_only=True):
    """One child as the status file shows it."""

    pid: int | None
    state: str  # starting, ready, waiting (to be restarted), stopped
    port: int | None
    restarts: int
    last_exit: str | None


class Status(msgspec.Struct, kw_only=True):
    """What a running `cx up` says about itself in `DIR/status.json`."""

    pid: int
    state: str  # starting, ready, stopping
    api_url: str
    hot_url: str
    processes: dict[str, ProcessStatus]


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of the tenant that the first start creates."""

    api_url: str
    hot_url: str
    tenant: str
    admin_key: str
    approver_key: str
    exchange_key: str
    site_key: str


class DataDir:
    """Paths inside the directory, and the lock that makes one process its owner."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.events = root / "events.sqlite"
        self.keys = root / "keys.sqlite"
        self.snapshots = root / "snapshots.sqlite"  # may be deleted whenever nothing runs
        self.logs = root / "logs"
        self.ports = root / "ports.json"
        self.status = root / "status.json"
        self.credentials = root / "credentials.json"
        self._lock: IO[str] | None = None

    def create(self) -> None:
        """Make the directory, readable by its owner alone; raise `DirectoryUnusable`."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.logs.mkdir(mode=0o700, exist_ok=True)
            probe = self.root / ".writable"
            probe.write_text("")
            probe.unlink()
        except OSError as error:
            raise DirectoryUnusable(
                f"The data directory {self.root} cannot be written ({error.strerror}): "
                "choose another with --data-dir or mend its permissions."
            ) from None

    def lock(self) -> None:
        """Own the directory until this process ends; raise `DirectoryTaken`."""
        handle = (self.root / "lock").open("a+")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            raise DirectoryTaken(
                f"Another `cx up` (process {handle.read().strip() or 'unknown'}) already runs on "
                f"{self.root}: stop it, or choose another directory with --data-dir."
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        self._lock = handle

    def locked(self) -> bool:
        """Return whether some process owns the directory now."""
        path = self.root / "lock"
        if not path.exists():
            return False
        with path.open() as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def read_status(self) -> Status | None:
        return _read(self.status, Status)

    def read_credentials(self) -> Credentials | None:
        return _read(self.credentials, Credentials)

    def notice_secret(self) -> bytes:
        """Return the 32 bytes that sign our notice URLs, made on first use."""
        path = self.root / "notice.key"
        if not path.exists():
            replace(path, secrets.token_bytes(32), mode=0o600)
        return path.read_bytes()

    def keyring_secret(self) -> bytes:
        """Return the 32 bytes that every person's key is wrapped with, made on first use.

        Whoever comes first wins, also of two processes: a key wrapped with a secret that was
        then overwritten would be lost.
        """
        path = self.root / "keyring.key"
        if not path.exists():
            draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
            replace(draft, secrets.token_bytes(32), mode=0o600)
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(draft)
            draft.unlink()
        return path.read_bytes()


def replace(path: Path, content: bytes, *, mode: int = 0o644, durable: bool = True) -> None:
    """Write a file whole or not at all; `durable` means also when the power goes."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)
        handle.flush()
        if durable:
            os.fsync(handle.fileno())
    draft.replace(path)


def keep_short(log: Path, *, bytes_max: int = 64_000_000) -> None:
    """Set a long log aside as `NAME.1`; its writer appends, so it may stay open."""
    if log.exists() and log.stat().st_size > bytes_max:
        shutil.copyfile(log, log.with_name(log.name + ".1"))
        os.truncate(log, 0)


def _read(path: Path, shape: type[T]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=shape)
    except FileNotFoundError:
        return None
