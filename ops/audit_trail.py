"""The log as an auditor reads it, folded by the same ledgers that commands decide with."""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from typing import Any, Protocol

import msgspec

from commands.accounts import ACCOUNTS, LOGINS
from commands.approval_rules import APPROVAL_RULES
from commands.budget import BUDGETS
from commands.campaign import CAMPAIGNS
from commands.consent import CONSENTS
from commands.ledger import Ledger
from commands.loyalty import MEMBERS, PROGRAMMES
from commands.loyalty_rewards import REWARDS
from commands.notification import NOTIFICATIONS
from commands.ports import EventLog
from commands.privacy import REQUESTS, SUBJECTS
from commands.sessions import SESSIONS
from commands.shared_budget import SHARED_BUDGETS
from commands.tenant import TENANTS
from domain.audit import Anchor
from domain.audit.seals import STREAM, TENANT, anchor_of
from domain.chain import SEALS, Verification
from domain.envelope import Recorded
from domain.identity import TenantId
from read_api.moments import Diff, Moment, differences
from read_api.ports import Finding, Folded, Verdict

LEDGERS: dict[str, Ledger[Any, Any]] = {
    ledger.category: ledger
    for ledger in (
        CAMPAIGNS,
        APPROVAL_RULES,
        BUDGETS,
        TENANTS,
        SHARED_BUDGETS,
        NOTIFICATIONS,
        CONSENTS,
        MEMBERS,
        PROGRAMMES,
        REWARDS,
        REQUESTS,
        SUBJECTS,
        ACCOUNTS,
        LOGINS,
        SESSIONS,
    )
}


class ProvableLog(EventLog, Protocol):
    """An event log that can check its own chains."""

    async def verify(
        self,
        tenant: TenantId | None = None,
        stream: str | None = None,
        *,
        anchor: Anchor | None = None,
    ) -> Verification: ...


class LoggedTrail:
    """Satisfies `AuditTrail` over the event log."""

    def __init__(self, log: ProvableLog) -> None:
        self._log = log
        self._sealed: Anchor | None = None

    async def events(
        self, tenant: TenantId, stream: str, *, after: int, limit: int
    ) -> Sequence[Recorded]:
        """Return up to `limit` events past version `after`."""
        return await self._log.read(tenant, stream, after=after, upto=after + limit)

    async def state(
        self,
        tenant: TenantId,
        stream: str,
        *,
        at_version: int | None = None,
        as_of: datetime | None = None,
        at_position: int | None = None,
    ) -> Folded | None:
        """Return the state after `at_version` events, or of what was recorded up to `as_of`.

        Or of what the whole log held up to `at_position`.
        """
        ledger = LEDGERS.get(stream.partition("-")[0])
        if ledger is None:
            return None
        then = Moment(position=at_position) if at_position is not None else Moment(at=as_of)
        history = then.among(await self._log.read(tenant, stream, upto=at_version))
        if not history:
            return None
        return Folded(stream=stream, version=len(history), state=folded(ledger, history))

    async def diff(
        self, tenant: TenantId, stream: str, *, start: Moment, end: Moment
    ) -> Diff | None:
        """Return how the state at `end` differs from that at `start`; None for no such stream."""
        ledger = LEDGERS.get(stream.partition("-")[0])
        history = await self._log.read(tenant, stream) if ledger else ()
        if ledger is None or not history:
            return None
        before, after = start.among(history), end.among(history)
        return Diff(
            stream=stream,
            from_version=len(before),
            to_version=len(after),
            differences=list(
                differences(staged(folded(ledger, before)), staged(folded(ledger, after)))
            ),
        )

    async def verify(self, tenant: TenantId) -> Verdict:
        """Recompute every hash of the tenant's streams."""
        checked = await self._log.verify(tenant)
        return Verdict(
            intact=not checked.findings,
            streams=checked.streams,
            events=checked.events,
            findings=[
                Finding(
                    stream=finding.stream,
                    version=finding.version,
                    position=finding.position,
                    message=finding.problem,
                )
                for finding in checked.findings
            ],
        )

    async def anchor(self) -> Anchor | None:
        """Return the newest seal; only those since the last question are read."""
        self._sealed = await newest_seal(self._log, after=self._sealed)
        return self._sealed


async def newest_seal(log: EventLog, *, after: Anchor | None = None) -> Anchor | None:
    """Return the log's newest seal, or `after` when there is none newer.

    Seals count as the versions of their stream do, from 1.
    """
    seals = await log.read(TENANT, STREAM, after=after.seal if after else 0)
    return anchor_of(SEALS.decode(seals[-1].data)) if seals else after


def folded(ledger: Ledger[Any, Any], history: Sequence[Recorded]) -> Any:  # noqa: ANN401 - any state
    """Return the state that `history` leads to."""
    events = (ledger.decoder.decode(recorded.data) for recorded in history)
    return reduce(ledger.evolve, events, ledger.blank)


def staged(state: Any) -> Any:  # noqa: ANN401 - any aggregate's state
    """Return a state as JSON can hold it; its kind of struct is its stage."""
    fields = msgspec.json.decode(msgspec.json.encode(state, order="deterministic"))
    return fields if not isinstance(fields, dict) else {"stage": _stage(state), **fields}


def _stage(state: object) -> str:
    name = type(state).__name__
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
