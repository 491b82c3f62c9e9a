"""What is sealed so far, and sealing what came since."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain.audit.events import AuditSealed
from domain.audit.merkle import NO_ROOT, chained_root, merkle_root
from domain.identity import TenantId

CATEGORY, KEY = "audit", "log"
STREAM = f"{CATEGORY}-{KEY}"
TENANT = TenantId("system")


class Seals(msgspec.Struct, frozen=True, kw_only=True):
    """The newest seal, and the root it was built on; number 0 before the first."""

    log: str = ""
    seal: int = 0
    since: int = 0  # the position after which the events it seals begin
    first: int = 0
    last: int = 0
    count: int = 0
    total: int = 0
    built_on: str = NO_ROOT
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
    return Seals(
        log=event.log,
        seal=event.seal,
        since=seals.last,
        first=event.first,
        last=event.last,
        count=event.count,
        total=event.total,
        built_on=seals.root,
        root=event.root,
    )


def seal(
    seals: Seals, *, after: Seals, hashes: Sequence[str], first: int, last: int, at: datetime
) -> list[AuditSealed]:
    """Seal the events that follow those of the seal `after`: their hashes, in order.

    Nothing happens when there is nothing to seal, or when somebody else sealed meanwhile.
    """
    if seals != after or not hashes:
        return []
    total = seals.total + len(hashes)
    return [
        AuditSealed(
            log=seals.log or hashes[0],
            seal=seals.seal + 1,
            first=first,
            last=last,
            count=len(hashes),
            total=total,
            root=root_over(seals.root, hashes, total=total),
            sealed_at=at,
        )
    ]


def root_over(previous: str, hashes: Sequence[str], *, total: int) -> str:
    """Return the root of a seal that covers these events after `previous`."""
    return chained_root(previous, tree=merkle_root(hashes), total=total)


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
