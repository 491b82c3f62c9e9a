"""Checking that history is as it was written: every hash, every version, every position."""

from collections.abc import Iterable
from typing import NamedTuple

from domain.envelope import GENESIS, Entry, Recorded, chained


class Finding(NamedTuple):
    """One event that does not fit what stands before it, and in what way."""

    tenant: str
    stream: str
    version: int
    position: int
    problem: str


class Verification(NamedTuple):
    """What was looked at, and what was found wrong with it: nothing, if all is well."""

    events: int
    streams: int
    findings: tuple[Finding, ...]


class Chains:
    """Follows every stream's chain through events given in the log's order."""

    def __init__(self) -> None:
        self.events = 0
        self.findings: list[Finding] = []
        self._ends: dict[tuple[str, str], tuple[int, str]] = {}

    def follow(self, history: Iterable[Recorded]) -> None:
        """Check further events against what was seen before them."""
        for recorded in history:
            name = (recorded.tenant, recorded.stream)
            version, previous = self._ends.get(name, (0, GENESIS))
            self.findings.extend(
                Finding(*name, recorded.version, recorded.position, problem)
                for problem in _problems(recorded, version=version + 1, previous=previous)
            )
            self._ends[name] = (recorded.version, recorded.hash)
            self.events += 1

    def verification(self) -> Verification:
        return Verification(self.events, len(self._ends), tuple(self.findings))


def _problems(recorded: Recorded, *, version: int, previous: str) -> Iterable[str]:
    if recorded.version != version:
        yield f"version {version} is missing: this is {recorded.version}"
    if recorded.previous != previous:
        yield "the hash before it is not the one it was sealed with"
    if seal_of(recorded) != recorded.hash:
        yield "its content is not what was sealed"


def seal_of(recorded: Recorded) -> str:
    """Return the hash this event must carry, recomputed from all it says."""
    entry = Entry(
        event_id=recorded.event_id,
        kind=recorded.kind,
        data=recorded.data,
        recorded_at=recorded.recorded_at,
        actor=recorded.actor,
        command_id=recorded.command_id,
        fingerprint=recorded.fingerprint,
        correlation_id=recorded.correlation_id,
        causation_id=recorded.causation_id,
        schema_version=recorded.schema_version,
    )
    return chained(recorded.previous, recorded.tenant, recorded.stream, recorded.version, entry)
