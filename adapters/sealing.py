"""Turning entries into the recorded events of one stream, sealed one after the other."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from adapters.rows import Envelope, encode
from domain.envelope import Entry, Recorded, chained
from domain.identity import TenantId


def sealed(
    entries: Sequence[Entry],
    *,
    tenant: TenantId,
    stream: str,
    after: int,
    previous: str,
    position: int,
) -> list[Recorded]:
    """Return `entries` as versions `after + 1` and so on, at positions from `position + 1`."""
    recorded: list[Recorded] = []
    for index, entry in enumerate(entries, start=1):
        seal = chained(previous, tenant, stream, after + index, entry)
        recorded.append(
            Recorded(
                tenant=tenant,
                stream=stream,
                version=after + index,
                position=position + index,
                event_id=entry.event_id,
                kind=entry.kind,
                data=entry.data,
                recorded_at=entry.recorded_at,
                actor=entry.actor,
                command_id=entry.command_id,
                fingerprint=entry.fingerprint,
                correlation_id=entry.correlation_id,
                causation_id=entry.causation_id,
                schema_version=entry.schema_version,
                previous=previous,
                hash=seal,
            )
        )
        previous = seal
    return recorded


class SealedRow(NamedTuple):
    """What a row is made of, without ever becoming an event."""

    version: int
    kind: str
    envelope: bytes
    hash: str


def sealed_rows(
    entries: Sequence[Entry], *, tenant: TenantId, stream: str, after: int, previous: str
) -> Iterator[SealedRow]:
    """Yield the rows of `entries`, each sealed with the one before it."""
    for version, entry in enumerate(entries, start=after + 1):
        seal = chained(previous, tenant, stream, version, entry)
        # By place: names cost as much here as the encoding does.
        envelope = Envelope(
            entry.event_id, entry.recorded_at, entry.actor, entry.command_id, entry.fingerprint,
            entry.correlation_id, entry.causation_id, entry.schema_version, previous, seal,
            msgspec.Raw(entry.data),
        )  # fmt: skip
        yield SealedRow(version, entry.kind, encode(envelope), seal)
        previous = seal
