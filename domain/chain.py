"""Checking that history is as it was written: every hash, every version, every seal."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from domain.audit.events import AuditSealed
from domain.audit.seals import STREAM, TENANT, UNSEALED, Anchor, anchor_of, evolve, root_over
from domain.envelope import GENESIS, Entry, Recorded, chained

UNREADABLE = "it cannot be read"
ALTERED = "its content is not what was sealed"
MISSING_MAX = 1_000
SEALS = msgspec.json.Decoder(AuditSealed)


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


class Link(NamedTuple):
    """All that checking needs of an event; `proof` is its hash computed anew."""

    tenant: str
    stream: str
    version: int
    position: int
    previous: str
    hash: str
    proof: str
    seal: bytes | None  # the event itself, where it is a seal


class Chains:
    """Follows every stream's chain, and the seals over all, through events in the log's order.

    Give it the whole log: with `tenant` it reports only what concerns that tenant, with
    `stream` besides it wants that stream alone and leaves the seals aside. An `anchor` is a
    seal somebody outside has kept: the log must still hold it.
    """

    def __init__(
        self,
        *,
        tenant: str | None = None,
        stream: str | None = None,
        anchor: Anchor | None = None,
    ) -> None:
        self.findings: list[Finding] = []
        self.seals = UNSEALED
        self.newest: Anchor | None = None  # the last seal that was followed
        self._tenant, self._stream, self._anchor = tenant, stream, anchor
        self._events = 0
        self._streams = 0
        # Each stream's version and hash; no hash where the newest event could not be read.
        self._ends: dict[tuple[str, str], tuple[int, str | None]] = {}
        self._missing: set[tuple[str, str, int]] = set()
        # The events no seal was seen for yet, in their order: hash, position, whether asked for.
        self._hashes: list[str] = []
        self._positions: list[int] = []
        self._concerned: list[bool] = []

    def follow(self, history: Iterable[Recorded]) -> None:
        """Check further events against what was seen before them."""
        self.follow_links(map(link_of, history))

    def follow_links(self, links: Iterable[Link]) -> None:
        """Check further events of which only the links are at hand."""
        ends, start, whole = self._ends, (0, GENESIS), self._tenant is None
        for link in links:
            tenant, stream, version, position, previous, hash_, proof, seal = link
            asked = whole or self._asked(tenant, stream)
            end = ends.get((tenant, stream), start)
            # Most events are as they should be: they are passed with a glance.
            if version != end[0] + 1 or previous != end[1] or proof != hash_:
                self._find(link, end, asked=asked)
            if version > end[0]:
                ends[tenant, stream] = (version, hash_)
                self._streams += asked and end is start
            self._events += asked
            if seal is not None and self._stream is None:
                self._check_seal(link, seal)
            self._await_seal(position, hash_, asked=asked)

    def pass_over(self, tenant: str, stream: str, version: int, position: int) -> None:
        """Report an event that cannot be read; what follows it is taken as it stands."""
        asked = self._asked(tenant, stream)
        if asked:
            self.findings.append(Finding(tenant, stream, version, position, UNREADABLE))
        self._ends[tenant, stream] = (version, None)
        self._await_seal(position, GENESIS, asked=asked)

    def miss(self, finding: Finding) -> None:
        """Report what a backend itself finds wrong, for example a position that is missing."""
        if self._asked(finding.tenant, finding.stream):
            self.findings.append(finding)

    def verification(self) -> Verification:
        """Return what was found, once the whole log was followed."""
        anchor = self._anchor
        lost: tuple[Finding, ...] = ()
        if anchor is not None and self.seals.seal < anchor.seal:
            problem = (
                f"seal {anchor.seal}, anchored at {anchor.at.isoformat()} over {anchor.total} "
                f"events, is gone: the log was cut off after seal {self.seals.seal}"
            )
            lost = (Finding(TENANT, STREAM, anchor.seal, anchor.position, problem),)
        return Verification(self._events, self._streams, (*self.findings, *lost))

    def _await_seal(self, position: int, hash_: str, *, asked: bool) -> None:
        self._hashes.append(hash_)
        self._positions.append(position)
        self._concerned.append(asked)

    def _asked(self, tenant: str, stream: str) -> bool:
        return self._tenant in {None, tenant} and self._stream in {None, stream}

    def _find(self, link: Link, end: tuple[int, str | None], *, asked: bool) -> None:
        version, previous = end
        if link.version > version + 1:
            self._missing.update((link.tenant, link.stream, n) for n in _between(version, link))
        place = (link.tenant, link.stream, link.version)
        late = place in self._missing
        self._missing.discard(place)
        if asked:
            self.findings += [
                Finding(*place, link.position, problem)
                for problem in _problems(link, version, previous, late=late)
            ]

    def _check_seal(self, link: Link, seal: bytes) -> None:
        """Hold a seal against the events it covers: the oldest that no other seal did."""
        place = (link.tenant, link.stream, link.version, link.position)
        try:
            told = SEALS.decode(seal)
        except msgspec.MsgspecError:
            self.miss(Finding(*place, UNREADABLE))
            return
        hashes = self._hashes[: told.count]
        total = self.seals.total + told.count
        if told.root == root_over(self.seals.root, hashes, total=total):
            sealed = told.count
        else:
            sealed = self._until(told)
            if self._tenant is None or any(self._concerned[:sealed]):
                self.findings.append(Finding(*place, _broken(told, sealed)))
        self._check_anchor(told, place)
        self.newest = anchor_of(told)
        self.seals = evolve(self.seals, told)
        for waiting in (self._hashes, self._positions, self._concerned):
            del waiting[:sealed]

    def _check_anchor(self, told: AuditSealed, place: tuple[str, str, int, int]) -> None:
        anchor = self._anchor
        if anchor is None or told.seal != anchor.seal:
            return
        if (told.log, told.root) != (anchor.log, anchor.root):
            problem = "it is not the seal that was anchored: what stands before it was rewritten"
            self.findings.append(Finding(*place, problem))

    def _until(self, told: AuditSealed) -> int:
        """Return how many events to take for sealed, so that later seals are judged alone."""
        if told.last in self._positions:
            return self._positions.index(told.last) + 1
        return min(told.count, len(self._positions))


def _broken(told: AuditSealed, found: int) -> str:
    upto = f"of the {told.count} events it sealed up to position {told.last}"
    if found < told.count:
        return f"{upto} only {found} are there"
    if found > told.count:
        return f"beside {upto[3:]} {found - told.count} stand that it did not seal"
    return f"{upto} some are not what they were, or not in that order"


def _between(version: int, link: Link) -> range:
    """Return the versions that are missing before an event, some of them if they are many."""
    return range(max(version + 1, link.version - MISSING_MAX), link.version)


def _problems(link: Link, version: int, previous: str | None, *, late: bool) -> Iterable[str]:
    if late:
        yield f"it stands after version {version}: the stream is not in order"
    elif link.version <= version:
        yield f"version {link.version} stands here once more: the stream is forked"
    else:
        if link.version != version + 1:
            yield f"version {version + 1} is missing: this is {link.version}"
        if previous not in {None, link.previous}:
            yield "the hash before it is not the one it was sealed with"
    if link.proof != link.hash:
        yield ALTERED


def link_of(recorded: Recorded) -> Link:
    """Return what checking needs of a recorded event."""
    is_seal = recorded.stream == STREAM and recorded.tenant == TENANT
    return Link(
        recorded.tenant,
        recorded.stream,
        recorded.version,
        recorded.position,
        recorded.previous,
        recorded.hash,
        seal_of(recorded),
        recorded.data if is_seal else None,
    )


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
