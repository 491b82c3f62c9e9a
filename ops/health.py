"""What `/readyz` asks of each thing a process depends on."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

from redis.asyncio import Redis

from adapters.clickhouse import Reader
from projections.ports import EventFeed
from projections.views import Positions

ANSWER_WITHIN_S = 1.5

Question = Callable[[], Awaitable[str]]  # answers "ok", or a sentence on what is wrong


class Health:
    """Satisfies `Readiness`: asks all dependencies at once, none for long."""

    def __init__(self, questions: Mapping[str, Question]) -> None:
        self._questions = questions

    async def dependencies(self) -> Mapping[str, str]:
        """Return each dependency's state by name: `ok`, or a sentence on what is wrong."""
        answers = await asyncio.gather(*(_asked(ask) for ask in self._questions.values()))
        return dict(zip(self._questions, answers, strict=True))


def log_answers(log: EventFeed) -> Question:
    async def ask() -> str:
        await log.head()
        return "ok"

    return ask


def redis_answers(redis: Redis) -> Question:
    async def ask() -> str:
        await redis.ping()
        return "ok"

    return ask


def clickhouse_answers(counted: Reader) -> Question:
    async def ask() -> str:
        await counted.rows("SELECT 1", {})
        return "ok"

    return ask


def views_keep_up(positions: Positions, names: Iterable[str], *, head: int) -> Question:
    """Ask whether each view has reached what was recorded before this process started."""
    waiting = set(names)

    async def ask() -> str:
        for name in sorted(waiting):
            if await positions.of(name) < head:
                return f"The view {name} has not reached position {head} yet."
            waiting.discard(name)
        return "ok"

    return ask


async def _asked(ask: Question) -> str:
    try:
        return await asyncio.wait_for(ask(), ANSWER_WITHIN_S)
    except TimeoutError:
        return f"It did not answer within {ANSWER_WITHIN_S} s."
    except Exception as error:  # noqa: BLE001 - whatever is wrong is the answer
        return f"It does not answer: {error}"
