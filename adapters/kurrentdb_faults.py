"""What KurrentDB's client raises, in our words."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from grpc.aio import UsageError  # type: ignore[import-untyped]
from kurrentdbclient.common import GrpcStreamersCollectionClosedError
from kurrentdbclient.exceptions import (
    KurrentDBClientError,
    MaximumAppendSizeExceededError,
    NotFoundError,
    RecordMaxSizeExceededError,
    WrongCurrentVersionError,
)

from commands.ports import LogUnreachable, TooMuchForOneEvent


@contextmanager
def reported() -> Iterator[None]:
    """Turn the client's errors into ours, but for those that callers tell apart.

    When the client replaces a lost connection it closes the old one under everybody who uses
    it, and gRPC raises `CancelledError` in calls that nobody cancelled.
    """
    try:
        yield
    except (NotFoundError, WrongCurrentVersionError):
        raise
    except (MaximumAppendSizeExceededError, RecordMaxSizeExceededError) as error:
        raise TooMuchForOneEvent(detail=str(error)) from error
    except (KurrentDBClientError, UsageError, GrpcStreamersCollectionClosedError) as error:
        raise LogUnreachable(f"{type(error).__name__}: {error}") from error
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise LogUnreachable("the connection was replaced during the call") from error
