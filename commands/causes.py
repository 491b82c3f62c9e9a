"""Because of which event a process acts: said once around the act, so nothing in it forgets."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_cause: ContextVar[str | None] = ContextVar("cause", default=None)


@contextmanager
def because_of(event_id: str) -> Iterator[None]:
    """Make the event the cause of every process command that is asked for inside."""
    token = _cause.set(event_id)
    try:
        yield
    finally:
        _cause.reset(token)


def cause() -> str | None:
    """Return the id of the event that is being acted on, None outside of any act."""
    return _cause.get()
