"""The readable twin of the row and frame codec; the compiled twin must agree byte for byte."""

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from hotpath.crc32c import crc32c

MAGIC = b"CXF1"
ROW_BYTES_MAX = 65_536
EVENT_ID_BYTES = 16
_HEAD = struct.Struct("<II")
_SEVEN_BITS = 0x7F


class BrokenBatch(ValueError):
    """The bytes are not a batch: `offset` is where reading stopped making sense."""

    def __init__(self, why: str, offset: int) -> None:
        super().__init__(f"{why} at byte {offset}")
        self.offset = offset


class Row(NamedTuple):
    """One fact, its columns in the order of the table `facts` (schema 1)."""

    event_id: bytes
    tenant: str
    kind: str
    at_us: int
    campaign: str = ""
    offer: str = ""
    player: str = ""
    banner_tag: str = ""
    s: str = ""
    b: str = ""
    amount_micros: int = 0
    currency: str = ""
    price_cpm_micros: int = 0
    request_id: str = ""
    bid_id: str = ""
    imp_id: str = ""
    exchange: str = ""
    reason: str = ""
    latency_us: int = 0
    source_ip: str = ""
    user_agent: str = ""
    detail: str = ""


Text = str | bytes
_KINDS = list(Row.__annotations__.values())[1:]


def encode_row(  # noqa: PLR0917 - the columns of the table in its order
    event_id: bytes,
    tenant: Text,
    kind: Text,
    at_us: int,
    campaign: Text = "",
    offer: Text = "",
    player: Text = "",
    banner_tag: Text = "",
    s: Text = "",
    b: Text = "",
    amount_micros: int = 0,
    currency: Text = "",
    price_cpm_micros: int = 0,
    request_id: Text = "",
    bid_id: Text = "",
    imp_id: Text = "",
    exchange: Text = "",
    reason: Text = "",
    latency_us: int = 0,
    source_ip: Text = "",
    user_agent: Text = "",
    detail: Text = "",
) -> bytes:
    """Return one row in RowBinary; the columns are those of `Row`, the later ones optional."""
    if len(event_id) != EVENT_ID_BYTES:
        raise ValueError("event_id is not 16 bytes")
    shape = (event_id, _text(tenant), _text(kind), _signed(at_us))
    names = (campaign, offer, player, banner_tag, s, b)
    money = (_signed(amount_micros), _text(currency), _signed(price_cpm_micros))
    bid = (request_id, bid_id, imp_id, exchange, reason)
    seen = (source_ip, user_agent, detail)
    number = _unsigned(latency_us)
    parts = (*shape, *map(_text, names), *money, *map(_text, bid), number, *map(_text, seen))
    row = b"".join(parts)
    if len(row) > ROW_BYTES_MAX:
        raise ValueError("row is too long")
    return row


def _signed(number: int) -> bytes:
    return number.to_bytes(8, "little", signed=True)


def _unsigned(number: int) -> bytes:
    return number.to_bytes(4, "little")


def _text(text: Text) -> bytes:
    utf8 = text.encode() if isinstance(text, str) else text
    return _length(len(utf8)) + utf8


def _length(size: int) -> bytes:
    # LEB128: seven bits a byte, the high bit says that more follow.
    out = bytearray()
    while size > _SEVEN_BITS:
        out.append(size & _SEVEN_BITS | 0x80)
        size >>= 7
    out.append(size)
    return bytes(out)


class Batch:
    """A growing batch of framed rows, ready to be published as one message."""

    def __init__(self) -> None:
        self._parts = [MAGIC]
        self.size = len(MAGIC)
        self.count = 0

    def add(self, row: bytes) -> None:
        """Frame an encoded row."""
        if len(row) > ROW_BYTES_MAX:
            raise ValueError("row is too long")
        self._parts += (_HEAD.pack(len(row), crc32c(row)), row)
        self.size += _HEAD.size + len(row)
        self.count += 1

    def take(self) -> bytes:
        """Return the batch and start an empty one."""
        taken = b"".join(self._parts)
        self._parts, self.size, self.count = [MAGIC], len(MAGIC), 0
        return taken


def decode_batch(batch: bytes) -> Iterator[bytes]:
    """Yield the rows of a batch in order; raises `BrokenBatch` before any doubtful row."""
    if batch[: len(MAGIC)] != MAGIC:
        raise BrokenBatch("wrong magic", 0)
    return _rows(batch)


def _rows(batch: bytes) -> Iterator[bytes]:
    offset = len(MAGIC)
    while offset < len(batch):
        if offset + _HEAD.size > len(batch):
            raise BrokenBatch("frame head cut off", offset)
        size, expected = _HEAD.unpack_from(batch, offset)
        start = offset + _HEAD.size
        if size > ROW_BYTES_MAX:
            raise BrokenBatch("frame too long", offset)
        if start + size > len(batch):
            raise BrokenBatch("row cut off", offset)
        row = batch[start : start + size]
        if crc32c(row) != expected:
            raise BrokenBatch("checksum differs", offset)
        yield row
        offset = start + size


def decode_row(row: bytes) -> Row:
    """Return the columns of a row; raises `BrokenBatch` when it is not one row exactly."""
    columns: list[Any] = [row[:EVENT_ID_BYTES]]
    offset = EVENT_ID_BYTES
    try:
        for kind, name in zip(_KINDS, Row._fields[1:], strict=True):
            if kind is str:
                size, offset = _read_length(row, offset)
                column: str | int = row[offset : offset + size].decode()
            else:
                signed = name != "latency_us"
                size = 8 if signed else 4
                column = int.from_bytes(row[offset : offset + size], "little", signed=signed)
            columns.append(column)
            offset += size
    except (IndexError, UnicodeDecodeError):
        raise BrokenBatch("row is malformed", offset) from None
    if offset != len(row):
        raise BrokenBatch("row is cut off or goes on", min(offset, len(row)))
    return Row(*columns)


def _read_length(row: bytes, offset: int) -> tuple[int, int]:
    size = shift = 0
    while True:
        byte = row[offset]
        offset += 1
        size |= (byte & _SEVEN_BITS) << shift
        shift += 7
        if byte <= _SEVEN_BITS:
            return size, offset
