import asyncio
import threading
import time

import numpy as np
import pytest

from hotpath.batcher import Batcher, DeadlinePassed
from hotpath.features import offer_vector
from hotpath.provider import Catalogue, CpuProvider, Inference

VECTORS = [offer_vector(["IAB1"], f"offer {n}") for n in range(64)]
CATALOGUE = Catalogue.of(VECTORS)


def asked(row: int) -> Inference:
    return Inference(VECTORS[row], CATALOGUE, np.array([row], np.int32))


class Device(CpuProvider):
    """The CPU provider, made to wait at a gate and to remember its batches."""

    preferred_batch_size = 16

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def predict_batch(self, asked):
        self.entered.set()
        assert self.gate.wait(10)
        self.batches.append(len(asked))
        if any(one.offers[0] == 13 for one in asked):
            raise ArithmeticError("thirteen")
        return super().predict_batch(asked)


@pytest.fixture
def device():
    return Device()


@pytest.fixture
async def batcher(device):
    made = Batcher(device)
    yield made
    device.gate.set()
    await made.close()


async def busy(device, batcher) -> asyncio.Task:
    """Return the task whose batch the device is held at."""
    device.gate.clear()
    first = asyncio.create_task(batcher.predict(asked(0)))
    assert await asyncio.to_thread(device.entered.wait, 10)
    return first


async def test_answers_go_to_those_who_asked(batcher):
    answers = await asyncio.gather(*(batcher.predict(asked(row)) for row in range(12)))
    alone = [CpuProvider().predict(asked(row))[0] for row in range(12)]
    assert [answer[0] for answer in answers] == alone


async def test_a_batch_never_exceeds_sixteen(device, batcher):
    first = await busy(device, batcher)
    more = [asyncio.create_task(batcher.predict(asked(20 + n))) for n in range(40)]
    await asyncio.sleep(0)
    device.gate.set()
    await asyncio.gather(first, *more)
    assert device.batches == [1, 16, 16, 8]


async def test_a_lone_question_is_answered_after_the_gathering_time(device, batcher):
    begun = time.monotonic()
    await batcher.predict(asked(1))
    assert time.monotonic() - begun >= 0.0005
    assert device.batches == [1]


async def test_a_full_batch_leaves_at_once(device):
    patient = Batcher(device, gathering_ns=60_000_000_000)
    await asyncio.gather(*(patient.predict(asked(20 + n)) for n in range(16)))
    assert device.batches == [16]
    await patient.close()


async def test_an_error_reaches_every_caller_of_its_batch_and_no_other(device, batcher):
    first = await busy(device, batcher)
    doomed = [asyncio.create_task(batcher.predict(asked(row))) for row in (13, 14)]
    await asyncio.sleep(0)
    device.gate.set()
    assert (await first).size == 1
    for one in doomed:
        with pytest.raises(ArithmeticError, match="thirteen"):
            await one
    assert (await batcher.predict(asked(1))).size == 1


async def test_who_cancels_leaves_the_others_alone(device, batcher):
    first = await busy(device, batcher)
    gone, stays = (asyncio.create_task(batcher.predict(asked(row))) for row in (20, 21))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    device.gate.set()
    await first
    assert (await stays).size == 1
    assert device.batches == [1, 1]


async def test_a_question_past_its_deadline_is_not_asked(device, batcher):
    first = await busy(device, batcher)
    late = asyncio.create_task(batcher.predict(asked(20), deadline_ns=time.monotonic_ns()))
    await asyncio.sleep(0)
    device.gate.set()
    await first
    with pytest.raises(DeadlinePassed):
        await late
    assert device.batches == [1]


async def test_a_near_deadline_sends_the_batch_early(device):
    patient = Batcher(device, gathering_ns=60_000_000_000)
    in_two_seconds = time.monotonic_ns() + 2_000_000_000
    assert (await patient.predict(asked(1), deadline_ns=in_two_seconds)).size == 1
    assert time.monotonic_ns() < in_two_seconds
    await patient.close()


async def test_closing_answers_what_was_asked_and_takes_no_more(device):
    made = Batcher(device)
    asking = [asyncio.create_task(made.predict(asked(row))) for row in range(5)]
    await asyncio.sleep(0)
    await made.close()
    assert all(answer.size == 1 for answer in await asyncio.gather(*asking))
    with pytest.raises(RuntimeError, match="closed"):
        await made.predict(asked(0))
    await made.close()
