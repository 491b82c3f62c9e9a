"""One way to reach Redis: quick to give up, and its errors told in our words."""

import contextlib
from collections.abc import Iterator

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
    """
    return Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_S_MAX,
        socket_timeout=ANSWER_S_MAX,
        retry=Retry(NoBackoff(), 1),
        protocol=2,
    )


@contextlib.contextmanager
def reaching() -> Iterator[None]:
    """Tell errors of the connection as `RedisUnreachable`; others are mistakes and stay."""
    try:
        yield
    except exceptions.AuthenticationError:
        raise  # A wrong password does not mend itself.
    except PASSING as error:
        raise RedisUnreachable(str(error)) from error
