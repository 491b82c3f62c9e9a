"""One way to reach Redis: quick to give up, and its errors told in our words."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from redis import exceptions
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from commands.ports import Fault
from projections.ports import ViewUnreachable

CONNECT_S_MAX = 1.0
ANSWER_S_MAX = 5.0
PASSING = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.OutOfMemoryError,
    exceptions.ReadOnlyError,
    OSError,
)


class RedisUnreachable(ViewUnreachable, Fault):
    """Redis did not answer, or cannot write now."""


def connect(url: str) -> Redis:
    """Return a client for `redis://host:port/db`; it connects when first used.

    One immediate retry outlives a connection that died while idle; whoever asks decides
    about more. Every script of ours may be sent twice.

    The client sets no time limit of its own on an answer, `reaching` does: with a
    `socket_timeout` redis-py 8.1 sends by `asyncio.wait_for`, which in Python 3.11 loses a
    cancellation that comes while it sends, and a task that missed its cancellation never ends.
    """
    return Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_S_MAX,
        socket_timeout=None,
        retry=Retry(NoBackoff(), 1),
        protocol=2,
    )


@contextlib.asynccontextmanager
async def reaching() -> AsyncIterator[None]:
    """Tell errors of the connection as `RedisUnreachable`; others are mistakes and stay.

    So is an answer that takes longer than `ANSWER_S_MAX`.
    """
    try:
        async with asyncio.timeout(ANSWER_S_MAX):
            yield
    except exceptions.AuthenticationError:
        raise  # A wrong password does not mend itself.
    except PASSING as error:
        raise RedisUnreachable(str(error)) from error
