"""What erasing a person needs from the places where their data lies, and no more."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol, runtime_checkable

from domain.identity import TenantId

Counts = dict[str, int]


class Wanted(NamedTuple):
    """Whose data is meant: by reference in views, by player ids in facts."""

    tenant: TenantId
    ref: str
    players: tuple[str, ...]


@runtime_checkable
class RawStreams(Protocol):
    """The streams that facts travel in, each with a sequence; all raise `Fault`."""

    async def heads(self) -> dict[int, int]:
        """Return each partition's newest sequence."""

    async def settled(self, wanted: Wanted, cuts: Mapping[int, int]) -> bool:
        """Return whether no row of theirs at or before `cuts` is still on its way in."""

    async def gone(self, cuts: Mapping[int, int]) -> bool:
        """Return whether the streams hold no message at or before these sequences any more."""


@runtime_checkable
class PersonalRows(Protocol):
    """Facts that were observed of persons; all raise `Fault`."""

    async def count(self, wanted: Wanted, cuts: Mapping[int, int] | None = None) -> Counts:
        """Return how many rows there are, by kind; with `cuts` only those at or before them."""

    async def erase(self, wanted: Wanted, cuts: Mapping[int, int]) -> None:
        """Delete the rows at or before these sequences; may be called again after a failure."""


@runtime_checkable
class DeadLetters(Protocol):
    """Messages that could not be read as facts, kept for a while; all raise `Fault`."""

    async def redact(self, wanted: Wanted) -> Counts:
        """Blank the person's ids in all letters and return in how many."""


@runtime_checkable
class PersonalViews(Protocol):
    """Rows of views under a person's reference; all raise `Fault`."""

    async def count(self, wanted: Wanted) -> Counts:
        """Return how many rows there are, by view; views without one are left out."""


class Places(NamedTuple):
    """Everywhere a person's data lies besides the log and the key ring."""

    raw: RawStreams
    rows: PersonalRows
    letters: DeadLetters
    views: PersonalViews
