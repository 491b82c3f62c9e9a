"""Remembers event ids well enough to say which of them are certainly new.

A Bloom filter (Bloom 1970, "Space/time trade-offs in hash coding with allowable errors"). Event
ids are hashes already, so their own four 32-bit words are the four hash functions. At sixteen bits
an id, one new id in four hundred is taken for one that may be old.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hotpath.facts import EVENT_ID_BYTES

BITS_PER_ID = 16
BITS_MIN, BITS_MAX = 1 << 23, 1 << 30


class Sieve:
    """Ids that were added; at most 128 MiB, and less sure of itself when it is overfull."""

    def __init__(self, expected: int) -> None:
        wanted = max(BITS_MIN, min(BITS_MAX, 2 * expected * BITS_PER_ID))
        self._bits = 1 << (wanted - 1).bit_length()
        self._bytes = np.zeros(self._bits // 8, dtype=np.uint8)

    def add(self, event_ids: bytes) -> None:
        """Add ids of 16 bytes each, one behind the other."""
        places = self._places(event_ids).ravel()
        np.bitwise_or.at(self._bytes, places >> 3, _bit(places))

    def doubtful(self, event_ids: Sequence[bytes]) -> list[bytes]:
        """Return the ids that may have been added; the others were not."""
        places = self._places(b"".join(event_ids))
        known = (self._bytes[places >> 3] & _bit(places)).all(axis=1)
        return [event_id for event_id, old in zip(event_ids, known, strict=True) if old]

    def _places(self, event_ids: bytes) -> npt.NDArray[np.uint32]:
        words = np.frombuffer(event_ids, dtype="<u4").reshape(-1, EVENT_ID_BYTES // 4)
        return words & np.uint32(self._bits - 1)


def _bit(places: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    bits: npt.NDArray[np.uint8] = np.left_shift(1, places & 7).astype(np.uint8)
    return bits
