"""Waiting for what starts at the same time as we do."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

T = TypeVar("T")
AGAIN_AFTER_S = 0.05
SAID_EVERY = 40

log = structlog.get_logger()


class Stopped(Exception):
    """We were told to stop while we waited."""


async def patiently(
    ask: Callable[[], Awaitable[T]],
    *,
    faults: tuple[type[Exception], ...],
    stop: asyncio.Event,
    what: str,
) -> T:
    """Return what `ask` answers, asking again after each fault; raises `Stopped`."""
    attempts = 0
    while not stop.is_set():
        try:
            return await ask()
        except faults as fault:
            if attempts % SAID_EVERY == 0:
                log.info("waiting", what=what, fault=repr(fault))
            attempts += 1
        await pause(stop, AGAIN_AFTER_S)
    raise Stopped


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, unless told to stop meanwhile."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
