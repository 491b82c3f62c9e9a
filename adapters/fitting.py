"""What every event log takes, so that no installation depends on which one keeps it."""

from collections.abc import Sequence
from functools import lru_cache

from commands.ports import NameUnfit, TooMuchForOneEvent
from domain.envelope import Entry

EVENT_BYTES_MAX = 1_000_000  # KurrentDB takes 1 MiB an append, envelopes included
STREAM_BYTES_MAX = 1_000  # a PostgreSQL index holds keys of 2,704 bytes


def demand_fit(stream: str, entries: Sequence[Entry]) -> None:
    """Refuse what some log could not take: an event over 1 MB, a name over 1,000 bytes."""
    if not readable(stream):
        raise NameUnfit
    for entry in entries:
        if len(entry.data) > EVENT_BYTES_MAX:
            raise TooMuchForOneEvent(
                bytes=str(len(entry.data)), bytes_max=str(EVENT_BYTES_MAX), kind=entry.kind
            )


@lru_cache(maxsize=4_096)
def readable(stream: str) -> bool:
    """Return whether a stream can have this name at all: text of 1,000 bytes without NUL."""
    try:
        name = stream.encode()
    except UnicodeEncodeError:
        return False
    return len(name) <= STREAM_BYTES_MAX and b"\0" not in name
