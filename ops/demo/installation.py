"""The platform the story is played on: `cx up` as a child, and its processes to kill."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator

from ops.child import leash, python_module
from ops.data_dir import Credentials, DataDir, Status
from ops.obstacle import NotRunning
from ops.settings import Settings, as_environment

READY_WITHIN_S = 60.0
AGAIN_WITHIN_S = 20.0
STOPPED_WITHIN_S = 12.0
LOOK_EVERY_S = 0.02


class Installation:
    """A running `cx up`, seen from outside through its status file."""

    def __init__(self, directory: DataDir, process: asyncio.subprocess.Process) -> None:
        self.directory = directory
        self.process = process

    @property
    def credentials(self) -> Credentials:
        found = self.directory.read_credentials()
        if found is None:
            raise NotRunning(f"{self.directory.credentials} is not there yet.")
        return found

    async def kill(self, name: str) -> float:
        """Kill one process with SIGKILL; return the seconds until it was ready again."""
        before = self._status().processes[name].pid
        if before is None:
            raise NotRunning(f"The process {name} is not running, so it cannot be killed.")
        started = time.monotonic()
        os.kill(before, signal.SIGKILL)
        while time.monotonic() - started < AGAIN_WITHIN_S:
            now = self._status().processes[name]
            if now.state == "ready" and now.pid != before:
                return time.monotonic() - started
            await asyncio.sleep(LOOK_EVERY_S)
        raise NotRunning(f"The process {name} was killed and not ready {AGAIN_WITHIN_S:.0f} s on.")

    async def wait_ready(self) -> float:
        """Return the seconds until every process was ready; raises `NotRunning`."""
        started = time.monotonic()
        while time.monotonic() - started < READY_WITHIN_S:
            if self.process.returncode is not None:
                raise NotRunning("The platform did not start; what it said stands above.")
            status = self.directory.read_status()
            if status and status.pid == self.process.pid and status.state == "ready":
                return time.monotonic() - started
            await asyncio.sleep(LOOK_EVERY_S)
        raise NotRunning(f"The platform was not ready within {READY_WITHIN_S:.0f} s.")

    async def stop(self) -> None:
        """Stop everything, as Ctrl-C would."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(self.process.wait(), STOPPED_WITHIN_S)

    def _status(self) -> Status:
        status = self.directory.read_status()
        if status is None:
            raise NotRunning("The platform stopped in the middle of the story.")
        return status


@contextlib.asynccontextmanager
async def installed(settings: Settings) -> AsyncIterator[Installation]:
    """Run `cx up` with these settings until the block ends."""
    process = await asyncio.create_subprocess_exec(
        *python_module("ops.cli", "up"),
        env={**os.environ, **as_environment(settings)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=True,  # Ctrl-C reaches it through us, once
        preexec_fn=leash(os.getpid(), signal.SIGTERM),
    )
    installation = Installation(DataDir(settings.directory), process)
    try:
        yield installation
    finally:
        await installation.stop()
