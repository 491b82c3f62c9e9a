"""What each command recorded, and which event caused it: the links of the causation tree."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

import msgspec

from domain.account import AccountEvent
from domain.account.login import LoginEvent
from domain.approvals import ApprovalRuleEvent
from domain.budget import events as budget
from domain.campaign.events import CampaignEvent
from domain.consent import ConsentEvent
from domain.envelope import Recorded
from domain.event import Event
from domain.identity import TenantId
from domain.loyalty import MemberEvent, ProgrammeSet, RewardSignalled
from domain.notification import NotificationEvent
from domain.privacy import PrivacyEvent, SubjectEvent
from domain.session import SessionEvent
from domain.shared_budget import SharedBudgetEvent
from domain.tenant.events import TenantEvent
from projections.ports import Address, ViewReader
from projections.projection import Place, Projection

EVENTS_MAX = 256  # of one command; no decision takes so many
CAUSED_MAX = 100  # commands that one event may have caused, in one answer

# Bills are told by their partition and sequence: nobody's command caused them, and they are
# most of the log. What spending leads to, an alarm or a halt, is here.
Traced = (
    CampaignEvent
    | ApprovalRuleEvent
    | budget.BudgetEvent
    | SharedBudgetEvent
    | NotificationEvent
    | TenantEvent
    | ConsentEvent
    | MemberEvent
    | ProgrammeSet
    | RewardSignalled
    | PrivacyEvent
    | SubjectEvent
    | AccountEvent
    | LoginEvent
    | SessionEvent
)


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """One event, by where it is on the record."""

    event_id: str
    stream: str
    version: int
    position: int
    kind: str
    recorded_at: datetime


class Led(msgspec.Struct, frozen=True, kw_only=True):
    """A command and the events it led to; `causation_id` is the event that caused it, if one did.

    `causation_id` of what a person asked is null.
    """

    command_id: str
    actor: str
    correlation_id: str
    causation_id: str | None
    events: tuple[Happened, ...]


class ByCommand(Projection, frozen=True):
    """A projection whose memories lie under command ids, not under streams."""

    def key(self, recorded: Recorded) -> Address:
        return Address(recorded.tenant, recorded.command_id)


@runtime_checkable
class Causes(Protocol):
    """What followed from what."""

    async def command(self, tenant: TenantId, command_id: str) -> Led | None:
        """Return what a command led to, None when it recorded nothing here."""

    async def caused_by(self, tenant: TenantId, event_id: str) -> Sequence[Led]:
        """Return the commands that an event caused, oldest first, at most `CAUSED_MAX`."""


class StoredCauses:
    """Satisfies `Causes`."""

    def __init__(self, reader: ViewReader) -> None:
        self._reader = reader

    async def command(self, tenant: TenantId, command_id: str) -> Led | None:
        """Return what a command led to, None when it recorded nothing here."""
        row = await self._reader.row("causation", tenant, command_id)
        return None if row is None else _led.decode(row)

    async def caused_by(self, tenant: TenantId, event_id: str) -> Sequence[Led]:
        """Return the commands that an event caused, oldest first, at most `CAUSED_MAX`."""
        rows = await self._reader.page(
            "causation", tenant, group=event_id, before=None, limit=CAUSED_MAX
        )
        return [_led.decode(row) for row in reversed(rows)]


def fold(led: Led | None, event: Event, recorded: Recorded) -> Led | None:
    """Return the command with one event more."""
    if isinstance(event, budget.BudgetSpent):
        return led
    return with_event(led, recorded)


def with_event(led: Led | None, recorded: Recorded) -> Led:
    """Return what is known of a command once this event of it was seen, too."""
    happened = Happened(
        event_id=recorded.event_id,
        stream=recorded.stream,
        version=recorded.version,
        position=recorded.position,
        kind=recorded.kind,
        recorded_at=recorded.recorded_at,
    )
    if led is None:
        return Led(
            command_id=recorded.command_id,
            actor=recorded.actor,
            correlation_id=recorded.correlation_id,
            causation_id=recorded.causation_id,
            events=(happened,),
        )
    if len(led.events) >= EVENTS_MAX or happened in led.events:
        return led
    return msgspec.structs.replace(led, events=(*led.events, happened))


def _place(led: Led) -> Place | None:
    """List a command under the event that caused it, if one did."""
    if led.causation_id is None:
        return None
    return Place(led.causation_id, led.events[0].position)


CAUSATION = ByCommand(name="causation", events=Traced, memory=Led, fold=fold, place=_place)

_led = msgspec.json.Decoder(Led)
