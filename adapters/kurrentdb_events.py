"""How our recorded events look in KurrentDB: names, metadata, and the filter that finds them."""

import re
import uuid
from datetime import datetime

import msgspec
from kurrentdbclient import NewEvent, RecordedEvent

from adapters.rows import RowUnreadable, physical, public
from domain.envelope import Recorded
from domain.identity import TenantId

# Our stream names, and no others: system streams begin with `$`, namespaces hold a colon. The
# client puts `^` before and `$` behind, which anchors exactly one pattern, so it stays one.
STREAMS = r"[^$:-][^:-]*-[^.]+\.[\s\S]+"


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What stands beside an event's data.

    Correlation and causation have the names that KurrentDB's own projections look for.
    """

    event_id: str
    recorded_at: datetime
    actor: str
    command_id: str
    fingerprint: str
    correlation_id: str = msgspec.field(name="$correlationId")
    causation_id: str | None = msgspec.field(name="$causationId")
    schema_version: int
    previous: str
    hash: str


_METADATA = msgspec.json.Decoder(Metadata)


class Naming:
    """Names of streams, within a namespace when several installations share a database."""

    def __init__(self, namespace: str) -> None:
        self._prefix = f"{namespace}:" if namespace else ""
        self.pattern = re.escape(self._prefix) + STREAMS

    def name(self, tenant: TenantId, stream: str) -> str:
        return self._prefix + physical(tenant, stream)

    def public(self, name: str) -> tuple[TenantId, str]:
        return public(name.removeprefix(self._prefix))


def proposed(recorded: Recorded) -> NewEvent:
    """Return the event to append.

    Its id is new with each append: KurrentDB answers `done` to an id it has seen at that
    version, and two who ask the same command at once would both be told that they won.
    The client's own repeats keep the id, so those are still recognised.
    """
    metadata = Metadata(
        event_id=recorded.event_id,
        recorded_at=recorded.recorded_at,
        actor=recorded.actor,
        command_id=recorded.command_id,
        fingerprint=recorded.fingerprint,
        correlation_id=recorded.correlation_id,
        causation_id=recorded.causation_id,
        schema_version=recorded.schema_version,
        previous=recorded.previous,
        hash=recorded.hash,
    )
    return NewEvent(
        type=recorded.kind,
        data=recorded.data,
        metadata=msgspec.json.encode(metadata),
        id=uuid.uuid4(),
    )


def recorded_from(event: RecordedEvent, naming: Naming) -> Recorded:
    """Return what KurrentDB has as ours; raises `RowUnreadable`."""
    version, position = event.stream_position + 1, event.commit_position
    tenant, stream = naming.public(event.stream_name)
    try:
        told = _METADATA.decode(event.metadata)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RowUnreadable(position, physical(tenant, stream), version) from error
    return Recorded(
        tenant=tenant,
        stream=stream,
        version=version,
        position=position,
        event_id=told.event_id,
        kind=event.type,
        data=event.data,
        recorded_at=told.recorded_at,
        actor=told.actor,
        command_id=told.command_id,
        fingerprint=told.fingerprint,
        correlation_id=told.correlation_id,
        causation_id=told.causation_id,
        schema_version=told.schema_version,
        previous=told.previous,
        hash=told.hash,
    )
