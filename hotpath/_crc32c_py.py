"""The readable twin of the checksum: Google's library does the work."""

import google_crc32c


def crc32c(data: bytes) -> int:
    """Return the CRC-32C of all bytes."""
    return int(google_crc32c.value(data))


def crc32c_by_table(data: bytes) -> int:
    """Return the same number from the definition, one byte at a time."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def _step(crc: int) -> int:
    for _ in range(8):
        crc = (crc >> 1) ^ 0x82F63B78 if crc & 1 else crc >> 1
    return crc


_TABLE = [_step(byte) for byte in range(256)]
