"""Merkle trees over event hashes, shaped as RFC 6962 section 2.1 defines them.

A root commits to every leaf and to their order; a path of log2(n) hashes proves that one
leaf is under it without telling any other. A leaf's hash is the event's own: its text begins
with `[` (`domain.envelope.chained`), a node's with 0x01 and a seal's with 0x02, so that none
can be passed off as another, which is what the RFC's 0x00 before each leaf is for.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

NODE, CHAIN = b"\x01", b"\x02"
NO_ROOT = "0" * 64


class Step(NamedTuple):
    """The neighbour to hash with on the way up: hex, and whether it stands on the left."""

    hash: str
    left: bool


def merkle_root(hashes: Sequence[str]) -> bytes:
    """Return the 32-byte tree hash of hex event hashes; of none, the hash of nothing."""
    if not hashes:
        return hashlib.sha256().digest()
    level = _leaves(hashes)
    while len(level) > 1:
        level = _parents(level)
    return level[0]


def chained_root(previous: str, *, tree: bytes, total: int) -> str:
    """Return the hex root of a seal: it commits to all that was sealed before, too."""
    told = CHAIN + bytes.fromhex(previous) + tree + total.to_bytes(8, "big")
    return hashlib.sha256(told).hexdigest()


def path_to(index: int, hashes: Sequence[str]) -> list[Step]:
    """Return the audit path of the leaf at `index` (RFC 6962 section 2.1.1)."""
    level, path = _leaves(hashes), []
    while len(level) > 1:
        beside = index ^ 1
        if beside < len(level):
            path.append(Step(level[beside].hex(), beside < index))
        level, index = _parents(level), index // 2
    return path


def root_by(event_hash: str, path: Sequence[Step]) -> bytes:
    """Return the tree hash that the path leads to from one event's hash."""
    node = bytes.fromhex(event_hash)
    for beside, left in path:
        pair = (bytes.fromhex(beside), node) if left else (node, bytes.fromhex(beside))
        node = hashlib.sha256(NODE + pair[0] + pair[1]).digest()
    return node


def _leaves(hashes: Sequence[str]) -> list[bytes]:
    return [bytes.fromhex(each) for each in hashes]


def _parents(level: Sequence[bytes]) -> list[bytes]:
    """Return the level above; a last node without a neighbour moves up as it is."""
    sha256 = hashlib.sha256
    pairs = zip(level[::2], level[1::2], strict=False)
    above = [sha256(NODE + left + right).digest() for left, right in pairs]
    if len(level) % 2:
        above.append(level[-1])
    return above
