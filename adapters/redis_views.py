"""Views in Redis: rows, lists, parked events and the position of a view change in one Lua call.

A view's keys share the hash tag `{view}`: `:turn`, `:position`, `:changed` (the position of the
last batch that changed a public row), `:shape`, `:parked`, `:keys`, and per tenant the hashes
`:rows:<tenant>` and `:state:<tenant>` and the sorted sets `:index:<tenant>[:<group>]`.
`cx:alias:<name>` holds the number of the view that readers see.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, cast

import msgspec
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from adapters.redis_connection import reaching
from adapters.redis_scripts import APPLY, PAGE, RETIRED, SNAPSHOT, SWAP
from projections.ports import (
    Address,
    Batch,
    Mark,
    Parked,
    PositionMoved,
    Shelf,
    Snapshot,
)

_parked = msgspec.json.Decoder(Parked)
Operations = dict[tuple[str, str], list[str]]


class RedisViews:
    """Satisfies `ViewStore` and `ViewReader`; raises `RedisUnreachable`."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._apply = client.register_script(APPLY)
        self._swap = client.register_script(SWAP)
        self._seen: dict[str, str] = {}

    async def live(self, name: str) -> str:
        """Return the view that readers of `name` see."""
        async with reaching():
            number = await self._client.set(alias(name), 1, nx=True, get=True)
        return _view(name, cast("bytes | None", number))

    async def mark(self, view: str) -> Mark:
        """Return how far the view is."""
        async with reaching():
            turn, position, shape = await self._client.mget(
                f"{{{view}}}:turn", f"{{{view}}}:position", f"{{{view}}}:shape"
            )
        if turn == RETIRED:
            raise PositionMoved(view)
        return Mark(int(position or 0), int(turn or 0), int(shape or 0))

    async def fetch(
        self, view: str, shelf: Shelf, addresses: Sequence[Address]
    ) -> list[bytes | None]:
        """Return the rows at `addresses`, one round trip for all tenants."""
        keys: defaultdict[str, list[str]] = defaultdict(list)
        for tenant, key in addresses:
            keys[tenant].append(key)
        async with reaching(), self._client.pipeline(transaction=False) as pipe:
            for tenant, members in keys.items():
                pipe.hmget(f"{{{view}}}:{shelf}:{tenant}", members)
            answers = await pipe.execute()
        found = {
            Address(tenant, key): row
            for (tenant, members), rows in zip(keys.items(), answers, strict=True)
            for key, row in zip(members, rows, strict=True)
        }
        return [found[address] for address in addresses]

    async def parked(self, view: str) -> list[Parked]:
        """Return the parked events, oldest first."""
        async with reaching():
            rows = await self._client.hvals(f"{{{view}}}:parked")
        return sorted((_parked.decode(row) for row in rows), key=lambda parked: parked.position)

    async def snapshot(self, view: str) -> Snapshot:
        """Return every public row as of one moment."""
        prefix = f"{{{view}}}:rows:"
        keys = (f"{{{view}}}:position", f"{{{view}}}:keys")
        async with reaching():
            position, *hashes = await self._client.eval(SNAPSHOT, 2, *keys, prefix)
        rows: dict[Address, bytes] = {}
        for name, flat in zip(hashes[::2], hashes[1::2], strict=True):
            tenant = name.decode().removeprefix(prefix)
            pairs = zip(flat[::2], flat[1::2], strict=True)
            rows.update((Address(tenant, key.decode()), row) for key, row in pairs)
        return Snapshot(int(position), rows)

    async def apply(self, view: str, batch: Batch, *, expected: Mark) -> Mark:
        """Make the whole batch true in one Lua call, or raise `PositionMoved`."""
        operations = _operations(view, batch)
        names = list(dict.fromkeys(key for _, key in operations))
        own = [f"{{{view}}}:{own}" for own in ("turn", "position", "changed", "shape", "keys")]
        index = {key: number for number, key in enumerate([*own, *names], start=1)}
        packed = msgspec.msgpack.encode(
            [(command, index[key], args) for (command, key), args in operations.items()]
        )
        changed = 1 if batch.rows else 0
        message = f"{view} {batch.position}"
        async with reaching():
            turn = await self._apply(
                keys=[*own, *names],
                args=[expected.turn, batch.position, changed, message, packed, batch.shape],
            )
        if turn < 0:
            raise PositionMoved(view)
        return Mark(batch.position, turn, batch.shape)

    async def swap(self, name: str, *, old: str, new: str) -> None:
        """Let readers of `name` see `new` from now on and retire `old`, in one Lua call."""
        keys = [alias(name), f"{{{old}}}:turn", f"{{{old}}}:position", f"{{{new}}}:position"]
        async with reaching():
            swapped = await self._swap(keys=keys, args=[_number(old), _number(new), new])
        if not swapped:
            raise PositionMoved(old)

    async def drop(self, view: str) -> None:
        """Forget all of a view but that it is retired."""
        async with reaching():
            await self._client.set(f"{{{view}}}:turn", RETIRED)
            names = await cast("Any", self._client.smembers(f"{{{view}}}:keys"))
            doomed = [name for name in names if not name.endswith(b":turn")]
            if doomed:
                await self._client.unlink(*doomed)

    async def row(self, name: str, tenant: str, key: str) -> bytes | None:
        """Return one public row of the live view."""

        def ask(pipe: Pipeline, view: str) -> None:
            pipe.hget(f"{{{view}}}:rows:{tenant}", key)

        return cast("bytes | None", await self._ask(name, ask))

    async def page(
        self, name: str, tenant: str, *, group: str | None, before: int | None, limit: int
    ) -> list[bytes]:
        """Return filed rows with an order below `before`, highest order first."""
        highest = "+inf" if before is None else f"({before}"

        def ask(pipe: Pipeline, view: str) -> None:
            keys = (_index(view, tenant, group), f"{{{view}}}:rows:{tenant}")
            pipe.eval(PAGE, 2, *keys, highest, limit)

        return cast("list[bytes]", await self._ask(name, ask))

    async def position(self, name: str) -> int:
        """Return the position of the live view."""
        return int(cast("Any", await self._ask(name, lambda p, v: p.get(f"{{{v}}}:position"))) or 0)

    async def _ask(self, name: str, ask: Callable[[Pipeline, str], object]) -> object:
        """Ask the live view in one round trip.

        The alias is read after the rows: if it still names the view we asked, the view was
        whole when it answered, since views are dropped only after a swap.
        """
        view = self._seen.get(name, f"{name}_v1")
        while True:
            async with reaching(), self._client.pipeline(transaction=False) as pipe:
                ask(pipe, view)
                pipe.get(alias(name))
                answer, number = await pipe.execute()
            self._seen[name] = _view(name, number)
            if self._seen[name] == view:
                return answer
            view = self._seen[name]


def alias(name: str) -> str:
    """Return the key that holds the number of the view readers see."""
    return f"cx:alias:{name}"


def _view(name: str, number: bytes | None) -> str:
    return f"{name}_v{int(number or 1)}"


def _number(view: str) -> str:
    return view.rpartition("_v")[2]


def _index(view: str, tenant: str, group: str | None) -> str:
    return f"{{{view}}}:index:{tenant}" + (f":{group}" if group else "")


def _operations(view: str, batch: Batch) -> Operations:
    """Return the arguments of each command on each key, all of a kind together.

    They are text, for JSON is, and Lua's msgpack does not read binary values.
    """
    operations: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for shelf, changes in (("rows", batch.rows), ("state", batch.state)):
        for (tenant, key), row in changes:
            where = f"{{{view}}}:{shelf}:{tenant}"
            if row is None:
                operations["HDEL", where].append(key)
            else:
                # Lua's cmsgpack knows no binary type; rows are JSON and therefore text.
                operations["HSET", where] += (key, row.decode())
    for (tenant, key), order, left, entered in batch.filings:
        if left not in {None, entered}:
            operations["ZREM", _index(view, tenant, left)].append(key)
        if entered is None:
            operations["ZREM", _index(view, tenant, None)].append(key)
            continue
        # Adding a member that is there already gives it its new order.
        operations["ZADD", _index(view, tenant, None)] += (str(order), key)
        operations["ZADD", _index(view, tenant, entered)] += (str(order), key)
    parked = f"{{{view}}}:parked"
    for position in batch.released:
        operations["HDEL", parked].append(str(position))
    for event in batch.parked:
        operations["HSET", parked] += (str(event.position), msgspec.json.encode(event).decode())
    return operations
