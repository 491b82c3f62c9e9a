"""Starting an installation: its directory, its ports, its first tenant, then the supervisor."""

import asyncio
import logging
import os
import sys
import time

import structlog

from ops import sockets
from ops.data_dir import DataDir
from ops.first_start import credentials
from ops.output import show_json, tell
from ops.settings import Settings
from ops.supervisor import Supervisor

PRIVATE_UMASK = 0o077


def run(settings: Settings, *, as_json: bool) -> None:
    """Run everything until told to stop; raises `Obstacle` when it cannot."""
    started = time.monotonic()
    os.umask(PRIVATE_UMASK)  # the children's files hold personal data and keys too
    directory = DataDir(settings.directory)
    directory.create()
    directory.lock()
    sockets.demand(settings.api_port, host=settings.host, setting="api_port")
    sockets.demand(settings.hot_port, host=settings.host, setting="hot_port")
    _speak_to_stderr()
    keys = asyncio.run(credentials(settings, directory))

    def ready() -> None:
        took = time.monotonic() - started
        tell(
            f"Ready after {took:.1f} s. Console and API {keys.api_url}, pixels and bids "
            f"{keys.hot_url}, keys in {directory.credentials}. Ctrl-C stops everything."
        )
        if as_json:
            shown = {"api_url": keys.api_url, "hot_url": keys.hot_url, "ready_after_s": took}
            show_json(shown)

    tell(f"Starting on {directory.root} …")
    asyncio.run(Supervisor(settings, directory).run(ready=ready))
    tell("Stopped; nothing is left running.")


def _speak_to_stderr() -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=True),
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
