"""What stands beside each recorded event: who, when, why, and the chain that proves it."""

import hashlib
from datetime import datetime

import msgspec

from domain.identity import TenantId

GENESIS = "0" * 64
_encode = msgspec.json.Encoder().encode


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An event about to be recorded: its data is the event's JSON, encoded once."""

    event_id: str
    kind: str
    data: bytes
    recorded_at: datetime
    actor: str
    command_id: str
    fingerprint: str  # of the command's body, so that a key reused for another body is seen
    correlation_id: str
    causation_id: str | None
    schema_version: int = 1


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """An event on the record.

    `version` counts from 1 in its stream; `position` is the log's own opaque,
    growing number; `hash` covers everything but itself and the position, and
    `previous` is the hash before it in the stream (`GENESIS` for the first).
    """

    tenant: TenantId
    stream: str  # as outsiders name it: `campaign-<id>`
    version: int
    position: int
    event_id: str
    kind: str
    data: bytes
    recorded_at: datetime
    actor: str
    command_id: str
    fingerprint: str
    correlation_id: str
    causation_id: str | None
    schema_version: int
    previous: str
    hash: str


def chained(previous: str, tenant: TenantId, stream: str, version: int, entry: Entry) -> str:
    """Return the hex SHA-256 that seals `entry` as the stream's `version`th event."""
    header = _encode(
        (previous, tenant, stream, version, entry.event_id, entry.kind, entry.recorded_at,
         entry.actor, entry.command_id, entry.fingerprint, entry.correlation_id,
         entry.causation_id, entry.schema_version)
    )  # fmt: skip
    return hashlib.sha256(header + b"\n" + entry.data).hexdigest()
