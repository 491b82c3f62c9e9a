"""`python -m ops.run api|projector|hot [--index N]`: one process of an installation."""

import asyncio
import gc
import importlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable

import structlog
import uvloop

from ops.logs import write_json
from ops.obstacle import Obstacle
from ops.patience import Stopped
from ops.settings import Settings, resolve

Process = Callable[[Settings, int, asyncio.Event], Awaitable[None]]

MODULES = {"api": "ops.api_process", "projector": "ops.projector_process", "hot": "ops.hot_process"}
COLLECTED_AFTER = (50_000, 20, 100)  # net allocations, and rounds of the generation before
CRASHED = 70  # EX_SOFTWARE of sysexits.h
USAGE = f"usage: python -m ops.run {'|'.join(MODULES)} [--index N]"

log = structlog.get_logger()


def main(arguments: list[str]) -> int:
    """Run a process until SIGTERM; 78 with a sentence in the log when it is misconfigured."""
    match arguments:
        case [name] if name in MODULES:
            index = 0
        case [name, "--index", number] if name in MODULES and number.isdigit():
            index = int(number)
        case _:
            sys.stderr.write(USAGE + "\n")
            return 2
    write_json(name if name != "hot" else f"hot-{index}", level="info")
    try:
        settings = resolve().settings
        write_json(name if name != "hot" else f"hot-{index}", level=settings.log_level)
        process: Process = importlib.import_module(MODULES[name]).run
        collect_seldom()
        uvloop.run(_until_told(process, settings, index))
    except Obstacle as obstacle:
        log.error(str(obstacle))  # noqa: TRY400 - an operator's sentence needs no traceback
        return obstacle.exit_code
    log.info("stopped")
    return 0


def collect_seldom() -> None:
    """Let the garbage collector look at less, and less often.

    What is imported stays, so no collection needs to see it again. Nearly everything else is
    freed by its count; with the default thresholds the folded streams of a busy API were
    searched for cycles all the time, which cost a sixth of each command and pauses of 0.1 s.
    """
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)


async def _until_told(process: Process, settings: Settings, index: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await process(settings, index, stop)
    except Stopped:
        return
    except Obstacle:
        raise
    except Exception:
        # Whatever is wrong may also keep the rest from ending in good order. Nothing here is
        # worth more than what survives kill -9, so the supervisor gets its turn at once.
        log.critical("crashed", exc_info=True)
        os._exit(CRASHED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
