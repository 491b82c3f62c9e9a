"""`cx up`: owns every process of an installation, from the first start to the last signal.

Children are started at once and wait for one another themselves; what dies is started
again; nothing outlives the supervisor, however it ends.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable

import msgspec
import structlog

from ops import engines, readiness, sockets
from ops.child import Child, Spec, python_module
from ops.data_dir import DataDir, Status, keep_short, replace
from ops.engines import Engine
from ops.settings import Settings, as_environment

STOP_OURS_WITHIN_S = 4.0
STOP_ENGINES_WITHIN_S = 4.0
TIDY_EVERY_S = 30.0
ENGINE_PROBES = {
    "nats": readiness.nats,
    "valkey": readiness.valkey,
    "clickhouse": readiness.clickhouse,
}

log = structlog.get_logger()


class Supervisor:
    """The children of one installation, their status file and their end."""

    def __init__(self, settings: Settings, directory: DataDir) -> None:
        """Plan the children; `directory` must be locked by this process already."""
        self.directory = directory
        self.settings, embedded = plan(settings, directory)
        environment = {**os.environ, **as_environment(self.settings)}
        specs = [*embedded, *processes(self.settings)]
        self.status = Status(
            pid=os.getpid(),
            state="starting",
            api_url=self.settings.api_url,
            hot_url=self.settings.hot_url,
            processes={},
        )
        self.children = [
            Child(
                spec,
                environment=environment,
                log_path=directory.logs / f"{spec.name}.log",
                changed=self._write_status,
            )
            for spec in specs
        ]
        self._engines = {spec.name for spec in embedded}
        self.status.processes = {child.spec.name: child.status for child in self.children}

    async def run(self, *, ready: Callable[[], None]) -> None:
        """Run until SIGTERM or SIGINT; `ready` is called once, when everything is.

        Raises `Hopeless` when a child cannot be started at all; the others are stopped then.
        """
        async with _stop_signal() as stop:
            keeping = [asyncio.create_task(child.keep()) for child in self.children]
            chores = [asyncio.create_task(self._announce(ready)), asyncio.create_task(self._tidy())]
            stopping = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait({stopping, *keeping}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await self._stop()
                for task in (*chores, stopping, *keeping):
                    task.cancel()
            for outcome in await asyncio.gather(*keeping, return_exceptions=True):
                if isinstance(outcome, Exception):
                    raise outcome

    async def _announce(self, ready: Callable[[], None]) -> None:
        for child in self.children:
            await child.ready.wait()
        self.status.state = "ready"
        self._write_status()
        ready()

    async def _tidy(self) -> None:
        while True:
            for child in self.children:
                keep_short(child.log_path)
            await asyncio.sleep(TIDY_EVERY_S)

    async def _stop(self) -> None:
        """Stop our own processes first: they still need the engines to finish their work."""
        self.status.state = "stopping"
        ours = [child for child in self.children if child.spec.name not in self._engines]
        theirs = [child for child in self.children if child.spec.name in self._engines]
        await asyncio.gather(*(child.stop(within_s=STOP_OURS_WITHIN_S) for child in ours))
        await asyncio.gather(*(child.stop(within_s=STOP_ENGINES_WITHIN_S) for child in theirs))
        self.directory.status.unlink(missing_ok=True)

    def _write_status(self) -> None:
        replace(self.directory.status, msgspec.json.encode(self.status), durable=False)


def plan(settings: Settings, directory: DataDir) -> tuple[Settings, list[Spec]]:
    """Return the settings with every URL filled in, and the engines we must run ourselves."""
    wanted = {
        "nats": (settings.nats_url, engines.nats),
        "valkey": (settings.redis_url, engines.valkey),
        "clickhouse": (settings.clickhouse_url, engines.clickhouse),
    }
    missing = {name: make for name, (url, make) in wanted.items() if not url}
    ports = sockets.kept(directory.ports, [*missing, "projector"])
    started: dict[str, Engine] = {
        name: make(directory.root / name, ports[name]) for name, make in missing.items()
    }
    urls = {
        "nats_url": settings.nats_url or f"nats://127.0.0.1:{ports['nats']}",
        "redis_url": settings.redis_url or f"redis://127.0.0.1:{ports['valkey']}/0",
        "clickhouse_url": settings.clickhouse_url or f"http://127.0.0.1:{ports['clickhouse']}",
        "event_log_url": settings.event_log_url or f"sqlite:///{directory.events}",
    }
    filled = msgspec.structs.replace(
        settings,
        data_dir=str(directory.root),
        projector_port=settings.projector_port or ports["projector"],
        **urls,
    )
    specs = [
        Spec(name, engine.command, engine.port, ENGINE_PROBES[name], plain_log=True)
        for name, engine in started.items()
    ]
    return filled, specs


def processes(settings: Settings) -> list[Spec]:
    """Return our own processes: the API, the projector and the hot-path workers."""
    workers = [
        Spec(
            f"hot-{index}",
            python_module("ops.run", "hot", "--index", str(index)),
            settings.hot_port,
            readiness.http,
            plain_log=False,
        )
        for index in range(settings.workers)
    ]
    return [
        Spec(name, python_module("ops.run", name), port, readiness.http, plain_log=False)
        for name, port in (("projector", settings.projector_port), ("api", settings.api_port))
    ] + workers


@contextlib.asynccontextmanager
async def _stop_signal() -> AsyncIterator[asyncio.Event]:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    yield stop
