"""Gathering inferences for providers that like company: 16 at a time, or what came in 500 µs.

The requirement is FR-INF-007. The CPU provider prefers batches of one and is called directly;
this is for providers whose `preferred_batch_size` is larger. Batches are timed and run on a
thread of their own, since the timers of an event loop are no finer than a millisecond and a
device call would hold it up.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hotpath.provider import Inference, Provider

BATCH_MAX = 16
GATHERING_NS = 500_000
FOREVER_NS = 2**63


class DeadlinePassed(Exception):
    """The answer would have come too late, so the device was not asked."""


Chances = NDArray[np.float64]


class _Waiting(NamedTuple):
    asked: Inference
    answer: asyncio.Future[Chances]
    arrived_ns: int
    deadline_ns: int

    @property
    def half_time_ns(self) -> int:
        return (self.arrived_ns + self.deadline_ns) // 2


class Batcher:
    """Batches `predict` calls of one event loop; create it on that loop, and `close` it.

    Times are of `monotonic_ns`. A batch leaves when it is full, when its first member has
    waited `gathering_ns`, or when half of a member's time is gone: the rest is the device's.
    """

    def __init__(
        self,
        provider: Provider,
        *,
        batch_max: int = BATCH_MAX,
        gathering_ns: int = GATHERING_NS,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._provider = provider
        self._batch_max = min(batch_max, provider.max_batch_size)
        self._gathering_ns = gathering_ns
        self._monotonic_ns = monotonic_ns
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="batcher", daemon=True)
        self._thread.start()

    async def predict(self, asked: Inference, *, deadline_ns: int = FOREVER_NS) -> Chances:
        """Return the provider's answer; raises its error, or `DeadlinePassed`.

        Cancelling takes only this call out of its batch.
        """
        if self._closed:
            raise RuntimeError("the batcher is closed")
        answer: asyncio.Future[Chances] = self._loop.create_future()
        self._queue.put(_Waiting(asked, answer, self._monotonic_ns(), deadline_ns))
        return await answer

    async def close(self) -> None:
        """Answer what was asked, then end the thread."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        going_on = True
        while going_on:
            first = self._queue.get()
            if first is None:
                return
            batch = [first]
            going_on = self._gather(batch)
            self._answer(batch)

    def _gather(self, batch: list[_Waiting]) -> bool:
        """Fill up `batch`; False once the batcher is closed."""
        first = batch[0]
        until_ns = min(first.arrived_ns + self._gathering_ns, first.half_time_ns)
        while len(batch) < self._batch_max:
            left_ns = until_ns - self._monotonic_ns()
            try:
                # Those already there may come along even when the time is over.
                following = self._queue.get(left_ns > 0, max(left_ns, 0) / 1e9)
            except Empty:
                return True
            if following is None:
                return False
            batch.append(following)
            until_ns = min(until_ns, following.half_time_ns)
        return True

    def _answer(self, batch: Sequence[_Waiting]) -> None:
        now_ns = self._monotonic_ns()
        timely = [one for one in batch if now_ns < one.deadline_ns and not one.answer.done()]
        answers: list[Chances | Exception] = []
        if timely:
            try:
                answers = list(self._provider.predict_batch([one.asked for one in timely]))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is the callers' to see
                answers = [error] * len(timely)
        late = [one for one in batch if now_ns >= one.deadline_ns]
        told = [*zip(timely, answers, strict=True), *((one, DeadlinePassed()) for one in late)]
        self._loop.call_soon_threadsafe(_deliver, told)


def _deliver(told: Sequence[tuple[_Waiting, Chances | Exception]]) -> None:
    for waiting, answer in told:
        if waiting.answer.done():
            continue
        if isinstance(answer, Exception):
            waiting.answer.set_exception(answer)
        else:
            waiting.answer.set_result(answer)
