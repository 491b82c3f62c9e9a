"""Read, fold, decide, append: the one write path."""

import hashlib
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, Self, TypeVar

import msgspec

from commands.desk import Desk
from commands.ledger import Folded, Ledger
from commands.ports import Appended, Overtaken
from domain.envelope import Entry
from domain.event import Event, kind_of
from domain.identity import PersonId, TenantId
from domain.refusal import Reason, Refusal
from domain.tenant.permissions import given_to
from domain.tenant.roles import Actor

ATTEMPTS_MAX = 3
NAMESPACE_CX = uuid.uuid5(uuid.NAMESPACE_DNS, "campaign-express")

S = TypeVar("S")
E = TypeVar("E", bound=Event)


class StaleVersion(Refusal, reason=Reason.UNTIMELY):
    """Someone changed this since you read it: read it again and decide anew."""


class KeyReused(Refusal, reason=Reason.MALFORMED):
    """This idempotency key already belongs to another request."""


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, in which tenant, and how the request is recognised when it comes again."""

    tenant: TenantId
    person: PersonId
    roles: tuple[str, ...] = ()
    permissions: frozenset[str] | None = None  # None: what the built-in roles give
    command_id: str
    fingerprint: str
    correlation_id: str
    causation_id: str | None = None

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
        """Return how a process manager asks: the same source is always the same command."""
        command_id = str(uuid.uuid5(NAMESPACE_CX, f"{process}/{source}"))
        return cls(
            tenant=tenant,
            person=PersonId(f"process:{process}"),
            roles=roles,
            command_id=command_id,
            fingerprint=fingerprint_of(process, source),
            correlation_id=correlation_id or command_id,
            causation_id=causation_id,
        )


class Outcome(NamedTuple):
    """Where the stream stands after a command: `position` is what a reader may wait for."""

    id: str
    version: int
    position: int
    replayed: bool = False  # the same request was answered before; nothing happened now


def command_id_of(tenant: TenantId, idempotency_key: str) -> str:
    """Return the id under which a request with this key is remembered."""
    return str(uuid.uuid5(NAMESPACE_CX, f"{tenant}/{idempotency_key}"))


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

    A decision is re-taken against fresh history when someone else wrote first.
    The last attempt lets `Overtaken` escape: contention that long is a fault to see.
    """
    folded = desk.folded(ledger, asking.tenant, key)
    async with folded.turn:
        for attempt in range(1, ATTEMPTS_MAX + 1):
            await _catch_up(desk, folded)
            if replay := _replay(folded, key, asking):
                return replay
            _refuse_when_stale(folded, expected_version)
            news = decide(folded.state)
            if not news:
                return Outcome(key, folded.version, folded.position)
            try:
                appended = await _append(desk, folded, news, asking=asking, at=at)
            except Overtaken:
                if attempt == ATTEMPTS_MAX:
                    raise
                continue
            return Outcome(key, appended.version, appended.position)
    raise AssertionError("unreachable")


async def current(desk: Desk, ledger: Ledger[S, E], tenant: TenantId, key: str) -> Folded[S, E]:
    """Return a stream as it stands now, without asking anything of it."""
    folded = desk.folded(ledger, tenant, key)
    await _catch_up(desk, folded)
    return folded


async def _catch_up(desk: Desk, folded: Folded[S, E]) -> None:
    folded.absorb(await desk.log.read(folded.tenant, folded.stream, after=folded.version))


def _replay(folded: Folded[S, E], key: str, asking: Asking) -> Outcome | None:
    earlier = folded.remembered.get(asking.command_id)
    if earlier is None:
        return None
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
            event_id=str(uuid.uuid5(uuid.UUID(asking.command_id), f"{folded.stream}/{index}")),
            kind=kind_of(event),
            data=msgspec.json.encode(event),
            recorded_at=at,
            actor=asking.person,
            command_id=asking.command_id,
            fingerprint=asking.fingerprint,
            correlation_id=asking.correlation_id,
            causation_id=asking.causation_id,
        )
        for index, event in enumerate(news)
    ]
    appended = await desk.log.append(folded.tenant, folded.stream, entries, after=folded.version)
    folded.advance(news, asking.command_id, asking.fingerprint, appended)
    return appended
