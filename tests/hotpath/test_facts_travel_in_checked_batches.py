"""Rows and frames, on both twins."""

import struct
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotpath import _facts_cy, _facts_py
from hotpath.facts import MAGIC, ROW_BYTES_MAX, BrokenBatch, Row, decode_row, fresh_event_id

ID = bytes(range(16))
VISIT = (ID, "acme", "visit", 1_700_000_000_000_000)


@pytest.fixture(params=["py", "cy"])
def codec(request):
    return import_module(f"hotpath._facts_{request.param}")


def batch_of(codec, *rows):
    batch = codec.Batch()
    for row in rows:
        batch.add(row)
    return batch.take()


def test_a_row_is_row_binary_in_column_order(codec):
    row = codec.encode_row(*VISIT, player="Zoë", amount_micros=-5, latency_us=7)
    assert row.startswith(ID + b"\x04acme\x05visit" + struct.pack("<q", VISIT[3]))
    assert b"\x04Zo\xc3\xab" in row
    assert decode_row(row) == Row(*VISIT, player="Zoë", amount_micros=-5, latency_us=7)


def test_long_text_has_a_leb128_length(codec):
    row = codec.encode_row(*VISIT, detail="x" * 300)
    assert row.endswith(b"\xac\x02" + b"x" * 300)


def test_text_may_come_as_its_bytes(codec):
    as_bytes = codec.encode_row(ID, b"acme", b"visit", VISIT[3], player=b"p")
    assert as_bytes == codec.encode_row(*VISIT, player="p")


@pytest.mark.parametrize(
    ("columns", "refusal"),
    [
        ((b"short", "acme", "visit", 0), ValueError),
        ((ID, "acme", "visit", 2**63), OverflowError),
        ((*VISIT, "x" * ROW_BYTES_MAX), ValueError),
        ((*VISIT, "\ud800"), UnicodeEncodeError),
    ],
)
def test_what_does_not_fit_a_row_is_refused(codec, columns, refusal):
    with pytest.raises(refusal):
        codec.encode_row(*columns)


def test_a_batch_gives_its_rows_back_in_order(codec):
    rows = [codec.encode_row(*VISIT, player=str(n)) for n in range(2_000)]
    assert list(codec.decode_batch(batch_of(codec, *rows))) == rows


def test_taking_a_batch_starts_an_empty_one(codec):
    batch = codec.Batch()
    batch.add(b"row")
    assert batch.count == 1
    batch.take()
    assert (batch.count, batch.size, batch.take()) == (0, len(MAGIC), MAGIC)


@pytest.mark.parametrize(
    ("harm", "offset"),
    [
        (lambda batch: b"CXF2" + batch[4:], 0),
        (lambda batch: batch[:2], 0),
        (lambda batch: batch[:-1], 15),
        (lambda batch: batch[:10], 4),
        (lambda batch: batch[:-1] + b"!", 15),
        (lambda batch: batch[:15] + b"\xff\xff\xff\xff" + batch[19:], 15),
    ],
)
def test_a_harmed_batch_says_where_it_breaks(codec, harm, offset):
    batch = harm(batch_of(codec, b"one", b"two"))
    with pytest.raises(BrokenBatch) as broken:
        list(codec.decode_batch(batch))
    assert broken.value.offset == offset


def test_rows_before_the_break_are_still_read(codec):
    rows = codec.decode_batch(batch_of(codec, b"one", b"two")[:-1])
    assert next(rows) == b"one"
    with pytest.raises(BrokenBatch):
        next(rows)


HARMS = [lambda row: row[:-1], lambda row: row + b"x", lambda row: row[:0]]


@pytest.mark.parametrize("harm", HARMS)
def test_a_harmed_row_is_not_read(harm):
    with pytest.raises(BrokenBatch):
        decode_row(harm(_facts_py.encode_row(*VISIT, detail="{}")))


def test_fresh_ids_differ():
    assert len({fresh_event_id() for _ in range(1_000)}) == 1_000


TEXT = st.text(st.characters(codec="utf-8"), max_size=300)
I64 = st.integers(-(2**63), 2**63 - 1)
ROWS = st.builds(
    Row,
    st.binary(min_size=16, max_size=16),
    *[TEXT, TEXT, I64, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, I64, TEXT, I64],
    *[TEXT, TEXT, TEXT, TEXT, TEXT, st.integers(0, 2**32 - 1), TEXT, TEXT, TEXT],
)


@given(st.lists(ROWS, max_size=4))
def test_the_twins_agree(rows):
    readable = [_facts_py.encode_row(*row) for row in rows]
    assert readable == [_facts_cy.encode_row(*row) for row in rows]
    batch = batch_of(_facts_py, *readable)
    assert batch == batch_of(_facts_cy, *readable)
    assert list(_facts_cy.decode_batch(batch)) == list(_facts_py.decode_batch(batch))
    assert [decode_row(row) for row in _facts_cy.decode_batch(batch)] == rows


@given(st.lists(st.binary(max_size=40), max_size=5), st.data())
def test_the_twins_agree_on_harm(rows, data):
    batch = bytearray(batch_of(_facts_py, *rows))
    at = data.draw(st.integers(0, len(batch) - 1))
    batch[at] ^= data.draw(st.integers(1, 255))
    assert read(_facts_py, bytes(batch)) == read(_facts_cy, bytes(batch))


def read(codec, batch):
    rows = []
    try:
        rows.extend(codec.decode_batch(batch))
    except BrokenBatch as broken:
        return rows, str(broken)
    return rows, None
