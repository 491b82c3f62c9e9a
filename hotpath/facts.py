"""Facts as they travel: rows in ClickHouse's RowBinary, framed and checksummed in batches.

A batch is `CXF1` and then frames of `[u32 LE length][u32 LE crc32c of row][row]`. A row is
RowBinary (ClickHouse documentation, "Formats / RowBinary") of the columns of `Row`: integers
little endian, strings as LEB128 length and bytes, `at_us` a DateTime64(6, 'UTC').

`encode_row(event_id, tenant, kind, at_us, ...)` gives one row of at most 65,536 bytes; text may
be `str` or its UTF-8 bytes. Raises ValueError for an event id that is not 16 bytes or a row that
is too long, OverflowError for a number outside its column, UnicodeEncodeError for lone surrogates.
`Batch` frames rows (`add`, `size`, `count`, `take`). `decode_batch` yields the rows and raises
`BrokenBatch`, whose `offset` says where. `decode_row` gives the `Row` back.
"""

import os
from typing import TYPE_CHECKING

from hotpath._facts_py import EVENT_ID_BYTES, MAGIC, ROW_BYTES_MAX, BrokenBatch, Row, decode_row

__all__ = [
    "EVENT_ID_BYTES",
    "MAGIC",
    "ROW_BYTES_MAX",
    "Batch",
    "BrokenBatch",
    "Row",
    "decode_batch",
    "decode_row",
    "encode_row",
    "fresh_event_id",
]

if TYPE_CHECKING:
    from hotpath._facts_py import Batch, decode_batch, encode_row
else:
    try:
        from hotpath._facts_cy import Batch, decode_batch, encode_row
    except ImportError:  # no compiler on this machine: the readable twin gives the same bytes
        from hotpath._facts_py import Batch, decode_batch, encode_row


def fresh_event_id() -> bytes:
    """Return 16 random bytes, for facts that no client can repeat."""
    return os.urandom(EVENT_ID_BYTES)
