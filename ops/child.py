"""One child process of the supervisor: spawned on a leash, logged, restarted, stopped."""

import asyncio
import contextlib
import ctypes
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import structlog

from ops.data_dir import ProcessStatus
from ops.obstacle import BadSettings, Hopeless
from ops.readiness import Probe

HOUSE = Path(__file__).parents[1]
PR_SET_PDEATHSIG = 1
BACKOFF_S_MIN, BACKOFF_S_MAX = 0.1, 5.0
STEADY_AFTER_S = 10.0
UNREADY_ENDS_MAX = 8  # that often dead before it was ever ready: it is no accident
PROBE_EVERY_S = 0.03

log = structlog.get_logger()


class Spec(NamedTuple):
    """How a child is started and how it shows that it is ready."""

    name: str
    command: list[str]
    port: int
    ready: Probe
    plain_log: bool  # its own lines are no JSON, so they are wrapped


class Child:
    """Keeps one process alive until told to stop."""

    def __init__(
        self,
        spec: Spec,
        *,
        environment: Mapping[str, str],
        log_path: Path,
        changed: Callable[[], None],
    ) -> None:
        self.spec = spec
        self.status = ProcessStatus(
            pid=None, state="starting", port=spec.port, restarts=0, last_exit=None
        )
        self.ready = asyncio.Event()
        self.log_path = log_path
        self._environment = dict(environment)
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self._was_ready = False

    async def keep(self) -> None:
        """Run the process, again and again; raise `Hopeless` when it never gets anywhere."""
        backoff_s, unready_ends = BACKOFF_S_MIN, 0
        while not self._stopped():
            started = time.monotonic()
            code = await self._once()
            if self._stopped():
                return
            steady = time.monotonic() - started > STEADY_AFTER_S
            unready_ends = 0 if self._was_ready else unready_ends + 1
            if code == BadSettings.exit_code or unready_ends >= UNREADY_ENDS_MAX:
                raise Hopeless(self._last_words(code))
            backoff_s = BACKOFF_S_MIN if steady else min(backoff_s * 2, BACKOFF_S_MAX)
            log.warning("child ended", child=self.spec.name, how=_said(code), again_in_s=backoff_s)
            self.status.restarts += 1
            self._show("waiting", last_exit=_said(code))
            await asyncio.sleep(backoff_s)

    def _stopped(self) -> bool:
        return self._stopping

    def ask_to_stop(self) -> None:
        """Send SIGTERM; the process is not started again."""
        self._stopping = True
        self._signal(signal.SIGTERM)

    async def stop(self, *, within_s: float) -> None:
        """Stop the process and whatever it started, by force once its time is up."""
        self.ask_to_stop()
        process = self._process
        if process is not None:
            try:
                await asyncio.wait_for(process.wait(), within_s)
            except TimeoutError:
                log.warning("child would not stop", child=self.spec.name)
            self._signal(signal.SIGKILL)
            await process.wait()
        self._show("stopped")

    async def _once(self) -> int:
        self._was_ready = False
        with self.log_path.open("ab") as sink:
            output = asyncio.subprocess.PIPE if self.spec.plain_log else sink
            self._process = await asyncio.create_subprocess_exec(
                *self.spec.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                cwd=HOUSE,
                env=self._environment,
                start_new_session=True,
                preexec_fn=leash(os.getpid()),
            )
            self._show("starting", pid=self._process.pid)
            if self._stopped():
                self._signal(signal.SIGKILL)  # it was asked to stop while being born
            watch = asyncio.create_task(self._watch())
            if self._process.stdout is not None:
                await _wrap(self._process.stdout, self.log_path, self.spec.name)
            code = await self._process.wait()
            watch.cancel()
        self.ready.clear()
        self._signal(signal.SIGKILL)  # whatever it started goes with it
        self._process = None
        return code

    async def _watch(self) -> None:
        while not await self.spec.ready(self.spec.port):  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(PROBE_EVERY_S)
        self._was_ready = True
        self.ready.set()
        self._show("ready", pid=self.status.pid)

    def _show(self, state: str, *, pid: int | None = None, last_exit: str | None = None) -> None:
        self.status.state, self.status.pid = state, pid
        self.status.last_exit = last_exit or self.status.last_exit
        self._changed()

    def _signal(self, number: int) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _last_words(self, code: int) -> str:
        lines = self.log_path.read_bytes().splitlines()[-1:]
        words = lines[0].decode(errors="replace") if lines else "it wrote nothing"
        with contextlib.suppress(ValueError, AttributeError):
            words = json.loads(words).get("event", words)
        return f"The process {self.spec.name} cannot start ({_said(code)}): {words}"


def leash(owner: int, number: int = signal.SIGKILL) -> Callable[[], None]:
    """Return what a child runs first: it gets a signal when `owner` ends, however that ends."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def fasten() -> None:
        prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != owner:
            os._exit(1)  # the owner ended before the leash was on

    return fasten


async def _wrap(lines: asyncio.StreamReader, path: Path, name: str) -> None:
    """Append a foreign program's lines to the log as JSON."""
    with path.open("a", buffering=1) as sink:
        while True:
            try:
                line = await lines.readline()
            except ValueError:  # one line longer than the reader's limit: the rest of it follows
                continue
            if not line:
                return
            at = datetime.now(UTC).isoformat(timespec="milliseconds")
            event = line.decode(errors="replace").rstrip()
            sink.write(json.dumps({"timestamp": at, "process": name, "event": event}) + "\n")


def _said(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def python_module(module: str, *arguments: str) -> list[str]:
    """Return the command line that runs one of our modules with this interpreter."""
    return [sys.executable, "-m", module, *arguments]
