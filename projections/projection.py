"""What makes a projection: a name, the events it reads, a pure fold, and the rows it shows."""

from collections.abc import Callable, Mapping
from types import UnionType
from typing import Any, Literal, NamedTuple

import msgspec

from domain.envelope import Recorded
from domain.event import Event
from migrations.events import kinds_of
from projections.ports import Address

OnPoison = Literal["park", "pause"]
Rows = Mapping[Address, msgspec.Struct]


class Place(NamedTuple):
    """Where a row is listed: its group, and its order among all (highest first)."""

    group: str
    order: int


class Projection(msgspec.Struct, frozen=True, kw_only=True):
    """A read model in the making.

    `fold` takes what it remembers under a stream's key (None at first) with the next event and
    returns what it remembers from then on. Where `rows` is None that *is* the public row; else
    `rows` tells which public rows follow from it, and what it remembers stays private. One key
    may be fed by several streams (`campaign-1`, `budget-1`), and a parked one must not spoil
    the other, so such a fold keeps what each told it apart.
    """

    name: str
    version: int = 1  # raise it when the same events shall give other rows: the view is rebuilt
    events: UnionType | type[Event]
    memory: Any  # the type of what the fold remembers
    fold: Callable[[Any, Any, Recorded], Any]
    rows: Callable[[str, str, Any], Rows] | None = None
    place: Callable[[Any], Place | None] | None = None
    on_poison: OnPoison = "park"

    def key(self, recorded: Recorded) -> Address:
        """Return where the event's memory lies: the part of the stream's name after `-`."""
        return Address(recorded.tenant, recorded.stream.partition("-")[2])


def kinds(projection: Projection) -> frozenset[str]:
    """Return the wire tags of the events the projection reads; it passes over all others."""
    return kinds_of(projection.events)
