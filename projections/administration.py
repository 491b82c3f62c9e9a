"""What operators do with projections: look, rebuild beside the live view, mend what is parked."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial

import msgspec

from projections.ports import EventFeed, Mark, Parked, PositionMoved, ViewStore
from projections.projection import Projection
from projections.runner import Runner

OVERTAKEN_MAX = 50
DIFFERING_SHOWN_MAX = 10

Progress = Callable[[int, int], None]  # the position reached, and the log's head


class Unlike(Exception):
    """The rebuilt view differs from the live one; the live one stays.

    `differing` are some of the rows that differ, as `tenant/key`.
    """

    def __init__(self, view: str, differing: list[str]) -> None:
        super().__init__(f"{view} differs in {', '.join(differing)}")
        self.view = view
        self.differing = differing


class Stuck(Exception):
    """A rebuild met poison in a view that pauses on it; the live one stays."""

    def __init__(self, poison: Parked) -> None:
        super().__init__(f"position {poison.position} of {poison.stream}: {poison.error}")
        self.poison = poison


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a projection stands; `lag` is how far its position is behind the log's head."""

    name: str
    view: str
    position: int
    head: int
    lag: int
    parked: int


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """A finished rebuild: the view now read, the one dropped."""

    name: str
    view: str
    dropped: str
    position: int
    parked: int


async def status(
    projections: Iterable[Projection], *, feed: EventFeed, store: ViewStore
) -> list[Standing]:
    """Return where each projection stands."""
    head = await feed.head()
    standings = []
    for projection in projections:
        view = await store.live(projection.name)
        position = (await store.mark(view)).position
        parked = len(await store.parked(view))
        standings.append(
            Standing(
                name=projection.name,
                view=view,
                position=position,
                head=head,
                lag=max(0, head - position),
                parked=parked,
            )
        )
    return standings


async def rebuild(
    projection: Projection,
    *,
    feed: EventFeed,
    store: ViewStore,
    compare: bool = False,
    progress: Progress | None = None,
) -> Rebuilt:
    """Build the view anew from the whole log while readers keep the live one, then swap.

    With `compare`, raises `Unlike` and keeps the live view when any row differs at the same
    position; raises `Stuck` likewise. What an interrupted rebuild leaves, the next one clears
    away.
    """
    old = await store.live(projection.name)
    new = await _unused(store, old)
    runner = Runner(projection, feed=feed, store=store, view=new)
    while True:
        await _catch_up(runner, feed, progress)
        if runner.paused_on:
            await store.drop(new)
            raise Stuck(runner.paused_on)
        if compare and not await _same(store, old, new):
            continue  # The live view moved on in between: look again.
        try:
            await store.swap(projection.name, old=old, new=new)
        except PositionMoved:
            if await store.live(projection.name) != old:
                raise
            continue
        break
    await store.drop(old)
    parked = len(await store.parked(new))
    return Rebuilt(
        name=projection.name, view=new, dropped=old, position=runner.position, parked=parked
    )


async def renew(
    projections: Iterable[Projection],
    *,
    feed: EventFeed,
    store: ViewStore,
    progress: Progress | None = None,
) -> list[Rebuilt]:
    """Rebuild the views that an earlier version of their projection wrote.

    To be called before the runners start: they would read memories of another shape.
    """
    renewed = []
    for projection in projections:
        mark = await store.mark(await store.live(projection.name))
        if mark.turn and mark.shape != projection.version:
            renewed.append(await rebuild(projection, feed=feed, store=store, progress=progress))
    return renewed


async def parked(projection: Projection, *, store: ViewStore) -> list[Parked]:
    """Return the events the live view could not take, oldest first."""
    return await store.parked(await store.live(projection.name))


async def retry(
    projection: Projection, *, feed: EventFeed, store: ViewStore, position: int | None = None
) -> list[Parked]:
    """Fold parked events again, all or those of the stream of the one at `position`.

    Returns what stays parked. Safe while the projector runs: it notices and reloads.
    """
    waiting = await parked(projection, store=store)
    streams = dict.fromkeys(
        (event.tenant, event.stream)
        for event in waiting
        if position is None or event.position == position
    )
    runner = Runner(projection, feed=feed, store=store)
    for stream in streams:
        await _insist(partial(runner.retry, stream))
    return await parked(projection, store=store)


async def skip(
    projection: Projection, *, feed: EventFeed, store: ViewStore, position: int
) -> list[Parked]:
    """Pass over the parked event at `position` for good; what waited behind it is folded.

    Returns what stays parked. Raises `LookupError` when nothing is parked there.
    """
    waiting = await parked(projection, store=store)
    found = next((event for event in waiting if event.position == position), None)
    if found is None:
        raise LookupError(f"{projection.name} has nothing parked at position {position}")
    await _insist(partial(Runner(projection, feed=feed, store=store).skip, found))
    return await parked(projection, store=store)


async def _insist(attempt: Callable[[], Awaitable[list[Parked]]]) -> None:
    """Repeat what the running projector overtook: it writes at most every 20 ms."""
    for _ in range(OVERTAKEN_MAX):
        try:
            await attempt()
        except PositionMoved:
            continue
        return
    await attempt()


async def _unused(store: ViewStore, live: str) -> str:
    """Return the next free view name, clearing away what interrupted rebuilds left."""
    name, _, number = live.rpartition("_v")
    candidate = int(number) + 1
    while True:
        view = f"{name}_v{candidate}"
        try:
            if await store.mark(view) == Mark(0, 0):
                return view
            await store.drop(view)
        except PositionMoved:  # Retired by an earlier rebuild.
            pass
        candidate += 1


async def _catch_up(runner: Runner, feed: EventFeed, progress: Progress | None) -> None:
    while await runner.step():
        if progress:
            progress(runner.position, await feed.head())


async def _same(store: ViewStore, old: str, new: str) -> bool:
    """Return whether both views are at one position and alike; raises `Unlike`."""
    was, now = await store.snapshot(old), await store.snapshot(new)
    if was.position != now.position:
        return False
    differing = sorted(
        "/".join(address)
        for address in was.rows.keys() | now.rows.keys()
        if was.rows.get(address) != now.rows.get(address)
    )
    if differing:
        await store.drop(new)
        raise Unlike(new, differing[:DIFFERING_SHOWN_MAX])
    return True
