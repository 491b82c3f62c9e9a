"""Recorded events as rows: (position, stream name, version, kind, JSON of the envelope).

The same row in every log that keeps rows, so that what one wrote another can take over.
"""

from datetime import datetime
from functools import lru_cache

import msgspec

from commands.ports import LogUnreachable
from domain.envelope import Recorded
from domain.identity import TenantId

VERSION_MAX = 2**63 - 1


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """All of a recorded event that its row does not already say.

    `data` is embedded as the bytes it came in, because the hash covers them.
    """

    event_id: str
    recorded_at: datetime
    actor: str
    command_id: str
    fingerprint: str
    correlation_id: str
    causation_id: str | None
    schema_version: int
    previous: str
    hash: str
    data: msgspec.Raw


class Seal(msgspec.Struct, frozen=True):
    """The only part of the newest envelope that the next one needs."""

    hash: str


ENVELOPES = msgspec.json.Decoder(Envelope)
SEALS = msgspec.json.Decoder(Seal)
encode = msgspec.json.Encoder().encode


class RowUnreadable(LogUnreachable):
    """A row is there, but it is no envelope: the log was damaged or changed."""

    def __init__(self, position: int, name: str, version: int) -> None:
        super().__init__(f"the event at position {position} of {name} cannot be read")
        self.position = position
        self.version = version
        self.tenant, self.stream = public(name)


@lru_cache(maxsize=4_096)
def physical(tenant: TenantId, stream: str) -> str:
    """Return the stream's name in a log shared by all tenants."""
    category, _, key = stream.partition("-")
    return f"{category}-{tenant}.{key}"


@lru_cache(maxsize=65_536)
def public(name: str) -> tuple[TenantId, str]:
    """Return the tenant and the stream as outsiders name it."""
    category, _, rest = name.partition("-")
    tenant, _, key = rest.partition(".")
    return TenantId(tenant), f"{category}-{key}"


def envelope_of(recorded: Recorded) -> bytes:
    """Return the JSON of what a row says beside its columns."""
    envelope = Envelope(
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
        data=msgspec.Raw(recorded.data),
    )
    return encode(envelope)


def seal_in(name: str, envelope: bytes) -> str:
    """Return the hash that the stream's next event is sealed with."""
    try:
        return SEALS.decode(envelope).hash
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LogUnreachable(f"the newest event of {name} cannot be read") from error


def recorded_in(position: int, name: str, version: int, kind: str, state: bytes) -> Recorded:
    """Return the event a row holds; raises `RowUnreadable`."""
    try:
        envelope = ENVELOPES.decode(state)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RowUnreadable(position, name, version) from error
    tenant, stream = public(name)
    return Recorded(
        tenant=tenant,
        stream=stream,
        version=version,
        position=position,
        event_id=envelope.event_id,
        kind=kind,
        data=bytes(envelope.data),
        recorded_at=envelope.recorded_at,
        actor=envelope.actor,
        command_id=envelope.command_id,
        fingerprint=envelope.fingerprint,
        correlation_id=envelope.correlation_id,
        causation_id=envelope.causation_id,
        schema_version=envelope.schema_version,
        previous=envelope.previous,
        hash=envelope.hash,
    )
