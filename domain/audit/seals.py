"""What is sealed so far, and sealing what came since."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain.audit.events import AuditSealed
from domain.audit.merkle import NO_ROOT, chained_root, merkle_root

STREAM, TENANT = "audit-log", "system"


class Seals(msgspec.Struct, frozen=True, kw_only=True):
    """The newest seal; number 0 before the first."""

    log: str = ""
    seal: int = 0
    last: int = 0
    total: int = 0
    root: str = NO_ROOT


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """A seal as it is handed to somebody outside, who keeps it where we cannot reach."""

    log: str
    seal: int
    position: int  # of the last event sealed
    total: int
    root: str
    at: datetime


UNSEALED = Seals()


def evolve(seals: Seals, event: AuditSealed) -> Seals:
    """Return the seals with one more."""
    del seals
    return Seals(
        log=event.log, seal=event.seal, last=event.last, total=event.total, root=event.root
    )


def seal(
    seals: Seals,
    *,
    after: Seals,
    hashes: Sequence[str],
    first: int,
    last: int,
    log: str,
    at: datetime,
) -> list[AuditSealed]:
    """Seal the events that follow those of the seal `after`: their hashes, in order.

    Nothing happens when there is nothing to seal, or when somebody else sealed meanwhile.
    `log` becomes the log's name when it has none yet.
    """
    if seals != after or not hashes:
        return []
    total = seals.total + len(hashes)
    return [
        AuditSealed(
            log=seals.log or log,
            seal=seals.seal + 1,
            first=first,
            last=last,
            count=len(hashes),
            total=total,
            root=chained_root(seals.root, tree=merkle_root(hashes), total=total),
            sealed_at=at,
        )
    ]


def anchor_of(sealed: AuditSealed) -> Anchor:
    """Return what to hand out of a seal."""
    return Anchor(
        log=sealed.log,
        seal=sealed.seal,
        position=sealed.last,
        total=sealed.total,
        root=sealed.root,
        at=sealed.sealed_at,
    )
