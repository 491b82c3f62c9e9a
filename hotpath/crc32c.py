"""CRC-32C (Castagnoli, RFC 3720 appendix B.4) of bytes: the check on every frame of the log.

`crc32c(bytes) -> int` in 0..2**32-1; `crc32c(b"123456789") == 0xE3069283`.
"""

from typing import TYPE_CHECKING

__all__ = ["crc32c"]

if TYPE_CHECKING:
    from hotpath._crc32c_py import crc32c
else:
    try:
        from hotpath._crc32c_cy import crc32c
    except ImportError:  # no compiler on this machine: the readable twin gives the same numbers
        from hotpath._crc32c_py import crc32c
