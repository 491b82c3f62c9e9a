"""Read, fold, decide, append: the one write path."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Generic, NamedTuple, Self, TypeVar

import msgspec
from uuid_utils import NAMESPACE_DNS, UUID, uuid5

from commands.answers import KeyReused, Outcome, RequestUnderWay
from commands.causes import cause
from commands.desk import Desk
from commands.history import follow
from commands.ledger import Folded, Ledger
from commands.ports import Appended, Overtaken
from domain.envelope import Entry
from domain.event import Event, kind_of
from domain.identity import PersonId, TenantId
from domain.refusal import Reason, Refusal
from domain.tenant.permissions import given_to
from domain.tenant.roles import Actor

__all__ = [
    "Asking",
    "KeyReused",
    "Outcome",
    "RequestUnderWay",
    "StaleVersion",
    "command_id_of",
    "current",
    "derived_id",
    "fingerprint_of",
    "transact",
]

ATTEMPTS_MAX = 3
NAMESPACE_CX = str(uuid5(NAMESPACE_DNS, "campaign-express"))

S = TypeVar("S")
E = TypeVar("E", bound=Event)


class StaleVersion(Refusal, reason=Reason.UNTIMELY):
    """Someone changed this since you read it: read it again and decide anew."""


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, in which tenant, and how the request is recognised when it comes again.

    `once` says that it cannot come again: its command id was made up for this one request.
    """

    tenant: TenantId
    person: PersonId
    roles: tuple[str, ...] = ()
    permissions: frozenset[str] | None = None  # None: what the built-in roles give
    command_id: str
    fingerprint: str
    correlation_id: str
    causation_id: str | None = None
    once: bool = False

    @property
    def actor(self) -> Actor:
        allowed = given_to(self.roles) if self.permissions is None else self.permissions
        return Actor(self.person, self.roles, allowed)

    @classmethod
    def of_process(
        cls,
        process: str,
        source: str,
        *,
        tenant: TenantId,
        roles: tuple[str, ...] = (),
        correlation_id: str | None = None,
        causation_id: str | None = None,
    ) -> Self:
        """Return how a process manager asks: the same source is always the same command.

        Unless another is named, its cause is the event that the process is acting `because_of`.
        """
        command_id = derived_id(NAMESPACE_CX, f"{process}/{source}")
        return cls(
            tenant=tenant,
            person=PersonId(f"process:{process}"),
            roles=roles,
            command_id=command_id,
            fingerprint=fingerprint_of(process, source),
            correlation_id=correlation_id or command_id,
            causation_id=causation_id or cause(),
        )


def command_id_of(tenant: TenantId, idempotency_key: str) -> str:
    """Return the id under which a request with this key is remembered."""
    return derived_id(NAMESPACE_CX, f"{tenant}/{idempotency_key}")


def derived_id(parent: str, name: str) -> str:
    """Return the UUIDv5 (RFC 9562, section 5.5) of a name within another id."""
    return str(uuid5(UUID(parent), name))


def fingerprint_of(*parts: object) -> str:
    """Return the hex SHA-256 of the canonical JSON of a request: method, target, body."""
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()


async def transact(
    desk: Desk,
    ledger: Ledger[S, E],
    key: str,
    decide: Callable[[S], Sequence[E]],
    *,
    asking: Asking,
    at: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Return where the stream stands once the decision is recorded.

    It decides on what is folded already, be it nothing: the log's expected version tells when
    that was too old, and a no, or nothing to record, is only believed of fresh history.
    The last attempt lets `Overtaken` escape: contention that long is a fault to see.
    """
    folded = desk.folded(ledger, asking.tenant, key)
    work = _Work(desk, folded, key, decide, asking, at, expected_version)
    if asking.once:
        async with folded.turn:
            return await _worked(work)
    answers, fingerprint = desk.answers, asking.fingerprint
    with answers.working(asking.command_id, folded.stream, fingerprint):
        async with folded.turn:
            outcome = await _worked(work)
        answers.keep(asking.command_id, folded.stream, outcome, fingerprint=fingerprint, at=at)
        return outcome


class _Work(NamedTuple, Generic[S, E]):
    """One command at one stream."""

    desk: Desk
    folded: Folded[S, E]
    key: str
    decide: Callable[[S], Sequence[E]]
    asking: Asking
    at: datetime
    expected_version: int | None


async def _worked(work: _Work[S, E]) -> Outcome:
    desk, folded, key, _, asking, at, _ = work
    fresh, overtaken = False, 0
    while True:
        if replay := _replay(desk, folded, key, asking):
            return replay
        news = _decided(work, fresh=fresh)
        if news:
            try:
                return Outcome(key, *await _append(desk, folded, news, asking=asking, at=at))
            except Overtaken:
                overtaken += 1
                if overtaken == ATTEMPTS_MAX:
                    raise
        elif fresh:
            return Outcome(key, folded.version, folded.position)
        await _catch_up(desk, folded)
        fresh = True


def _decided(work: _Work[S, E], *, fresh: bool) -> Sequence[E]:
    """Return what is to be recorded; a refusal counts only when the history is fresh."""
    try:
        _refuse_when_stale(work.folded, work.expected_version)
        return work.decide(work.folded.state)
    except Refusal:
        if fresh:
            raise
        return ()


async def current(desk: Desk, ledger: Ledger[S, E], tenant: TenantId, key: str) -> Folded[S, E]:
    """Return a stream as it stands now, without asking anything of it."""
    folded = desk.folded(ledger, tenant, key)
    await _catch_up(desk, folded)
    return folded


async def _catch_up(desk: Desk, folded: Folded[S, E]) -> None:
    if desk.snapshots is not None:
        await desk.snapshots.recall(folded)
    await follow(desk.log, folded)
    if desk.snapshots is not None:
        desk.snapshots.consider(folded)


def _replay(desk: Desk, folded: Folded[S, E], key: str, asking: Asking) -> Outcome | None:
    earlier = folded.remembered.get(asking.command_id)
    if earlier is None:
        return desk.answers.known(asking.command_id, folded.stream)
    if earlier.fingerprint != asking.fingerprint:
        raise KeyReused
    return Outcome(key, earlier.version, earlier.position, replayed=True)


def _refuse_when_stale(folded: Folded[S, E], expected_version: int | None) -> None:
    if folded.version and expected_version not in {None, folded.version}:
        raise StaleVersion(current=str(folded.version), expected=str(expected_version))


async def _append(
    desk: Desk, folded: Folded[S, E], news: Sequence[E], *, asking: Asking, at: datetime
) -> Appended:
    entries = [
        Entry(
            event_id=derived_id(asking.command_id, f"{folded.stream}/{version}"),
            kind=kind_of(event),
            data=msgspec.json.encode(event),
            recorded_at=at,
            actor=asking.person,
            command_id=asking.command_id,
            fingerprint=asking.fingerprint,
            correlation_id=asking.correlation_id,
            causation_id=asking.causation_id,
        )
        for version, event in enumerate(news, start=folded.version + 1)
    ]
    appended = await desk.log.append(folded.tenant, folded.stream, entries, after=folded.version)
    folded.advance(news, asking.command_id, asking.fingerprint, appended, at=at)
    if desk.snapshots is not None:
        desk.snapshots.consider(folded)
    return appended
