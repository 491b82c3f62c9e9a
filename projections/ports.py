"""What projections need from the world, and no more."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol, runtime_checkable

import msgspec

from domain.envelope import Recorded
from domain.identity import TenantId


class ViewUnreachable(Exception):
    """The store of a view cannot be read or written; the same request may succeed later."""


class PositionMoved(Exception):
    """Someone else moved the view on, retired it or lost it: what we remember of it is stale."""


Shelf = Literal["rows", "state"]  # public rows, or what a fold remembers beside them


class Address(NamedTuple):
    """Where a row lies; the tenant is `_` for rows looked up before a tenant is known."""

    tenant: str
    key: str


class Change(NamedTuple):
    """A row's new JSON; None takes the row away."""

    address: Address
    row: bytes | None


class Filing(NamedTuple):
    """A row's place in the view's lists: the highest `order` is listed first.

    `left` and `entered` name the group (for example a stage) it moves between; None is nowhere.
    """

    address: Address
    order: int
    left: str | None
    entered: str | None


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """An event a view could not take: only its reference, the log keeps the event itself."""

    position: int
    tenant: str
    stream: str
    version: int
    kind: str
    error: str
    attempts: int
    behind: int | None = None  # the position of the parked event this one waits for


class Mark(NamedTuple):
    """How far a view has come.

    `turn` grows with every change, also those that stay in place; `shape` is the version of the
    projection that wrote it.
    """

    position: int
    turn: int
    shape: int = 0


class Snapshot(NamedTuple):
    """All public rows of a view at one position."""

    position: int
    rows: dict[Address, bytes]


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """All that changes together: rows, lists, parked events and the position."""

    position: int
    shape: int = 0
    rows: Sequence[Change] = ()
    state: Sequence[Change] = ()
    filings: Sequence[Filing] = ()
    parked: Sequence[Parked] = ()
    released: Sequence[int] = ()


@runtime_checkable
class EventFeed(Protocol):
    """The whole log in order, every tenant and stream.

    Positions grow, but not by one in every log: what lies before a position is not one less.
    """

    async def read(
        self, tenant: TenantId, stream: str, *, after: int = 0, upto: int | None = None
    ) -> Sequence[Recorded]:
        """Return one stream's events with `after < version <= upto`, oldest first."""

    async def after(self, position: int, *, limit: int, wait_s: float = 0.0) -> Sequence[Recorded]:
        """Return up to `limit` events past `position`, in order and without gaps.

        When there is none yet, wait up to `wait_s` for one before returning [].
        """

    async def head(self) -> int:
        """Return the position of the newest event; 0 for an empty log."""


@runtime_checkable
class ViewStore(Protocol):
    """Where views and their positions are kept together; all raise `ViewUnreachable`.

    A *name* is a projection's (`budgets`), a *view* one build of it (`budgets_v2`).
    """

    async def live(self, name: str) -> str:
        """Return the view that readers of `name` see; the first call makes it `name_v1`."""

    async def mark(self, view: str) -> Mark:
        """Return how far it is, `Mark(0, 0)` when new; a retired one raises `PositionMoved`."""

    async def fetch(
        self, view: str, shelf: Shelf, addresses: Sequence[Address]
    ) -> list[bytes | None]:
        """Return the rows at `addresses`, None where there is none."""

    async def parked(self, view: str) -> list[Parked]:
        """Return the parked events, oldest first."""

    async def snapshot(self, view: str) -> Snapshot:
        """Return every public row as of one moment."""

    async def apply(self, view: str, batch: Batch, *, expected: Mark) -> Mark:
        """Make the whole batch true in one step, or raise `PositionMoved` and change nothing."""

    async def swap(self, name: str, *, old: str, new: str) -> None:
        """Let readers of `name` see `new` from now on and retire `old`, in one step.

        Raises `PositionMoved` when `old` is not what they see, or is further than `new`.
        """

    async def drop(self, view: str) -> None:
        """Forget all of a view that nobody reads; its name stays retired."""


@runtime_checkable
class ViewReader(Protocol):
    """Rows of the live views as JSON; all raise `ViewUnreachable`."""

    async def row(self, name: str, tenant: TenantId | str, key: str) -> bytes | None:
        """Return one public row."""

    async def page(
        self,
        name: str,
        tenant: TenantId | str,
        *,
        group: str | None,
        before: int | None,
        limit: int,
    ) -> list[bytes]:
        """Return up to `limit` filed rows with an order below `before`, highest order first."""

    async def position(self, name: str) -> int:
        """Return the position of the live view."""
