"""Process manager: alarms of budgets become notifications, each once over all restarts."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from commands.agenda import Agenda, Dropped, Due
from commands.desk import Desk
from commands.notification import RaiseNotification, raise_notification
from commands.ports import Happenings, Overtaken
from commands.transact import Asking
from domain.budget.allocation import AllocationParked
from domain.budget.claims import SpendParked
from domain.budget.events import (
    BudgetExhausted,
    BudgetNearingLimit,
    BudgetReplenished,
    DailyBudgetOverspent,
    PacingFellBehind,
    PacingRanAhead,
)
from domain.envelope import Recorded
from domain.money import MICROS_PER_UNIT, Money
from domain.notification.events import NotificationRaised
from domain.shared_budget.events import (
    SharedBudgetExhausted,
    SharedBudgetNearingLimit,
    SharedBudgetReplenished,
    SharedDailyOverspent,
)
from migrations.events import EventDecoder, kinds_of

PROCESS = "notices"
AT_ONCE = datetime.min.replace(tzinfo=UTC)  # due whatever the clock says

Told = (
    BudgetNearingLimit
    | BudgetExhausted
    | BudgetReplenished
    | DailyBudgetOverspent
    | PacingFellBehind
    | PacingRanAhead
    | SharedBudgetNearingLimit
    | SharedBudgetExhausted
    | SharedBudgetReplenished
    | SharedDailyOverspent
    | SpendParked
    | AllocationParked
)
TOLD: EventDecoder[Told] = EventDecoder(Told)
TOLD_KINDS = kinds_of(Told)
RAISED: EventDecoder[NotificationRaised] = EventDecoder(NotificationRaised)
RAISED_KINDS = kinds_of(NotificationRaised)

# What people read: the event's own fields fill the gaps, money as `12.50 USD`.
TEXTS: dict[type[Any], str] = {
    BudgetNearingLimit: "{spent} of the budget of {limit} is spent: four fifths or more.",
    BudgetExhausted: "The budget is gone: {spent} of {limit} is spent. Bidding stops.",
    BudgetReplenished: "The budget has room again: {spent} of {limit} is spent. Bidding goes on.",
    DailyBudgetOverspent: "{spent} was spent on {on}, more than the day's {limit}.",
    PacingFellBehind: "Spend is behind its plan: {spent} where {expected} was expected by now.",
    PacingRanAhead: "Spend is ahead of its plan: {spent} where {expected} was expected by now.",
    SharedBudgetNearingLimit: "{spent} of the shared budget of {limit} is spent.",
    SharedBudgetExhausted: "The shared budget is gone: {spent} of {limit}. Its campaigns stop.",
    SharedBudgetReplenished: "The shared budget has room again: {spent} of {limit} is spent.",
    SharedDailyOverspent: "{spent} was spent on {on} together, more than the day's {limit}.",
    SpendParked: "{impressions} billed impressions found no budget ({code}). Please look at them.",
    AllocationParked: "The brief's budget was not allocated ({code}). What was allocated holds.",
}


class Notice(msgspec.Struct, frozen=True):
    """What is to be told, kept on the agenda until it is."""

    about: str
    topic: str
    text: str


def budget_notices(desk: Desk, happenings: Happenings) -> Agenda:
    """Return the agenda of what people are still to be told."""
    return Agenda(desk, happenings, heed=heed, act=Notices(desk).act)


def heed(recorded: Recorded) -> Iterable[Due | Dropped]:
    """Put an alarm on the agenda, and take it off once people were told."""
    if recorded.kind in RAISED_KINDS:
        yield Dropped(recorded.tenant, RAISED.decode(recorded.data).notification)
    elif recorded.kind in TOLD_KINDS:
        event: Told = TOLD.decode(recorded.data)
        notice = Notice(recorded.stream, topic_of(recorded.kind), text_of(event))
        note = msgspec.json.encode(notice).decode()
        yield Due(recorded.tenant, recorded.event_id, AT_ONCE, recorded.event_id, note)


def topic_of(kind: str) -> str:
    """Return an event's kind without its version: what happened, for programs."""
    return kind.rpartition(".")[0]


def text_of(event: Told) -> str:
    """Return the sentence that tells people of an event."""
    fields = {name: _said(value) for name, value in msgspec.structs.asdict(event).items()}
    return TEXTS[type(event)].format(**fields)


class Notices:
    """Raises each notification under the id of the event that it tells of."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def act(self, due: Due) -> bool:
        """Tell people; False when somebody else is just telling them."""
        notice = msgspec.json.decode(due.note, type=Notice)
        command = RaiseNotification(
            notification=due.name, about=notice.about, topic=notice.topic, text=notice.text
        )
        asking = Asking.of_process(
            PROCESS, due.caused_by, tenant=due.tenant, causation_id=due.caused_by
        )
        try:
            await raise_notification(command, asking=asking, desk=self._desk)
        except Overtaken:
            return False
        return True


def _said(value: object) -> str:
    if not isinstance(value, Money):
        return str(value)
    whole, part = divmod(value.micros, MICROS_PER_UNIT)
    return f"{whole:,}.{part * 100 // MICROS_PER_UNIT:02} {value.currency}"
