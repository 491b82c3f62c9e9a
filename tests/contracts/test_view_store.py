"""What every store of views promises, whatever keeps it."""

import asyncio

import pytest

from projections.ports import (
    Address,
    Batch,
    Change,
    Filing,
    Mark,
    Parked,
    PositionMoved,
    ViewReader,
    ViewStore,
)
from tests.projections.stores import STORES, opened

HERE, THERE = Address("acme", "spring"), Address("acme", "summer")
ELSEWHERE = Address("other", "spring")
BROKEN = Parked(
    position=7,
    tenant="acme",
    stream="campaign-spring",
    version=3,
    kind="campaign.drafted.v1",
    error="ValidationError: …",
    attempts=3,
)


@pytest.fixture(params=STORES)
async def both(request):
    async with opened(request.param, request) as opening:
        yield opening


@pytest.fixture
def store(both):
    return both[0]


@pytest.fixture
def positions(both):
    return both[1]


def rows(position, *changes, **more):
    return Batch(position=position, rows=[Change(*change) for change in changes], **more)


def test_it_is_a_store_and_a_reader(store):
    assert isinstance(store, ViewStore)
    assert isinstance(store, ViewReader)


async def test_a_new_view_stands_at_nothing(store):
    assert await store.live("board") == "board_v1"
    assert await store.mark("board_v1") == Mark(0, 0)
    assert await store.position("board") == 0
    assert await store.row("board", "acme", "spring") is None


async def test_rows_and_position_change_together(store):
    mark = await store.apply(
        "board_v1", rows(5, (HERE, b"1"), (ELSEWHERE, b"2")), expected=Mark(0, 0)
    )

    assert mark == await store.mark("board_v1") == Mark(5, 1)
    assert await store.row("board", "acme", "spring") == b"1"
    assert await store.row("board", "other", "spring") == b"2"
    assert await store.fetch("board_v1", "rows", [THERE, ELSEWHERE, HERE]) == [None, b"2", b"1"]


async def test_a_row_may_get_another_place_in_the_list_it_is_in(store):
    new = Filing(THERE, 1, None, "live")
    batch = rows(1, (HERE, b"1"), (THERE, b"2"), filings=[Filing(HERE, 2, None, "live"), new])
    mark = await store.apply("board_v1", batch, expected=Mark(0, 0))
    third = Address("acme", "autumn")
    moves = [Filing(third, 3, None, "live"), Filing(THERE, 9, "live", "live")]
    await store.apply("board_v1", rows(2, (third, b"3"), filings=moves), expected=mark)

    for group in ("live", None):
        listed = await store.page("board", "acme", group=group, before=None, limit=9)
        assert listed == [b"2", b"3", b"1"], group


async def test_a_writer_who_was_overtaken_changes_nothing(store):
    await store.apply("board_v1", rows(5, (HERE, b"1")), expected=Mark(0, 0))

    with pytest.raises(PositionMoved):
        await store.apply("board_v1", rows(6, (HERE, b"2")), expected=Mark(0, 0))

    assert await store.row("board", "acme", "spring") == b"1"
    assert await store.position("board") == 5


async def test_of_many_writers_exactly_one_wins_each_turn(store):
    attempts = [
        store.apply("board_v1", rows(n, (HERE, b"%d" % n)), expected=Mark(0, 0))
        for n in range(1, 9)
    ]
    answers = await asyncio.gather(*attempts, return_exceptions=True)

    won = [answer for answer in answers if isinstance(answer, Mark)]
    assert len(won) == 1
    assert await store.mark("board_v1") == won[0]


async def test_a_row_can_be_taken_away(store):
    mark = await store.apply("board_v1", rows(1, (HERE, b"1")), expected=Mark(0, 0))
    await store.apply("board_v1", rows(2, (HERE, None)), expected=mark)

    assert await store.row("board", "acme", "spring") is None


async def test_state_is_kept_apart_from_rows(store):
    batch = rows(1, (HERE, b"public"), state=[Change(HERE, b"private")])
    await store.apply("board_v1", batch, expected=Mark(0, 0))

    assert await store.fetch("board_v1", "state", [HERE]) == [b"private"]
    assert (await store.snapshot("board_v1")).rows == {HERE: b"public"}


async def test_ten_thousand_rows_fit_one_batch(store):
    many = [(Address("acme", f"c{n}"), b"%d" % n) for n in range(10_000)]
    await store.apply("board_v1", rows(9, *many), expected=Mark(0, 0))

    snapshot = await store.snapshot("board_v1")
    assert snapshot.position == 9
    assert snapshot.rows == dict(many)


async def test_any_text_and_names_survive(store):
    odd = Address("acme", "späte:{Aktion} \n")
    text = '{"name":"\\u0000 ß 🎈"}'.encode()
    await store.apply("board_v1", rows(2**52, (odd, text)), expected=Mark(0, 0))

    assert (await store.snapshot("board_v1")) == (2**52, {odd: text})


async def filed(store, *, last=9):
    mark = Mark(0, 0)
    for n in range(1, last + 1):
        address = Address("acme", f"c{n}")
        stage = "live" if n % 2 else "draft"
        batch = rows(n, (address, b"%d" % n), filings=[Filing(address, n, None, stage)])
        mark = await store.apply("board_v1", batch, expected=mark)
    return mark


async def test_lists_come_newest_first_and_by_group(store):
    await filed(store)

    newest = await store.page("board", "acme", group=None, before=None, limit=3)
    live = await store.page("board", "acme", group="live", before=None, limit=50)

    assert newest == [b"9", b"8", b"7"]
    assert live == [b"9", b"7", b"5", b"3", b"1"]
    assert await store.page("board", "acme", group="live", before=5, limit=50) == [b"3", b"1"]
    assert await store.page("board", "other", group=None, before=None, limit=50) == []


async def test_a_row_moves_between_groups_and_leaves(store):
    mark = await filed(store, last=3)
    moved, gone = Address("acme", "c1"), Address("acme", "c2")
    batch = rows(
        4,
        (gone, None),
        filings=[Filing(moved, 1, "live", "paused"), Filing(gone, 2, "draft", None)],
    )
    await store.apply("board_v1", batch, expected=mark)

    assert await store.page("board", "acme", group="live", before=None, limit=9) == [b"3"]
    assert await store.page("board", "acme", group="paused", before=None, limit=9) == [b"1"]
    assert await store.page("board", "acme", group="draft", before=None, limit=9) == []
    assert await store.page("board", "acme", group=None, before=None, limit=9) == [b"3", b"1"]


async def test_parked_events_are_kept_in_the_same_step(store):
    mark = await store.apply("board_v1", Batch(position=7, parked=[BROKEN]), expected=Mark(0, 0))
    assert await store.parked("board_v1") == [BROKEN]

    await store.apply("board_v1", Batch(position=7, released=[7]), expected=mark)
    assert await store.parked("board_v1") == []


async def test_readers_see_a_rebuilt_view_at_once(store):
    await store.apply("board_v1", rows(5, (HERE, b"old")), expected=Mark(0, 0))
    assert await store.row("board", "acme", "spring") == b"old"
    await store.apply("board_v2", rows(5, (HERE, b"new")), expected=Mark(0, 0))
    assert await store.row("board", "acme", "spring") == b"old"

    await store.swap("board", old="board_v1", new="board_v2")

    assert await store.live("board") == "board_v2"
    assert await store.row("board", "acme", "spring") == b"new"


async def test_a_view_that_is_behind_is_not_swapped_in(store):
    await store.apply("board_v1", rows(5, (HERE, b"old")), expected=Mark(0, 0))
    await store.apply("board_v2", rows(4, (HERE, b"new")), expected=Mark(0, 0))

    with pytest.raises(PositionMoved):
        await store.swap("board", old="board_v1", new="board_v2")

    assert await store.live("board") == "board_v1"


async def test_a_retired_view_takes_no_more_batches(store):
    mark = await store.apply("board_v1", rows(5, (HERE, b"old")), expected=Mark(0, 0))
    await store.apply("board_v2", rows(5, (HERE, b"new")), expected=Mark(0, 0))
    await store.swap("board", old="board_v1", new="board_v2")
    await store.drop("board_v1")

    with pytest.raises(PositionMoved):
        await store.apply("board_v1", rows(6, (HERE, b"late")), expected=mark)
    with pytest.raises(PositionMoved):
        await store.apply("board_v1", rows(6, (HERE, b"late")), expected=Mark(0, 0))
    with pytest.raises(PositionMoved):
        await store.mark("board_v1")
    assert (await store.snapshot("board_v1")).rows == {}


async def test_waiting_ends_when_the_position_is_reached(store, positions):
    waiting = asyncio.create_task(positions.wait("board", 5, 5.0))
    mark = await store.apply("board_v1", rows(4, (HERE, b"1")), expected=Mark(0, 0))
    await store.apply("board_v1", rows(5, (HERE, b"2")), expected=mark)

    assert await waiting is True
    assert await positions.of("board") == 5
    assert await positions.wait("board", 3, 0.0) is True


async def test_waiting_gives_up_in_time(positions):
    started = asyncio.get_running_loop().time()

    assert await positions.wait("board", 5, 0.05) is False
    assert 0.04 <= asyncio.get_running_loop().time() - started < 1.0


async def test_a_swap_wakes_those_who_wait(store, positions):
    await store.apply("board_v1", rows(3, (HERE, b"old")), expected=Mark(0, 0))
    waiting = asyncio.create_task(positions.wait("board", 5, 5.0))
    await store.apply("board_v2", rows(5, (HERE, b"new")), expected=Mark(0, 0))
    await store.swap("board", old="board_v1", new="board_v2")

    assert await waiting is True
