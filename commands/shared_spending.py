"""Process manager: what a campaign spends counts in the budgets it shares, and stops all of them.

The commands of reservations and shared budgets do this at once where they can; here is what
billed spend leads to, and what a crash left undone.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from commands.agenda import Agenda, Dropped, Due
from commands.budget import BUDGETS
from commands.budget_reservations import (
    DropHold,
    ExpireReservation,
    drop_hold,
    expire_reservation,
)
from commands.desk import Desk
from commands.ports import Happenings, Overtaken
from commands.shared_budget import (
    SHARED_BUDGETS,
    Halt,
    count_member,
    halt_of,
    settle_members,
)
from commands.transact import Asking, current
from domain.budget import Allocated
from domain.budget.events import (
    BudgetCorrected,
    BudgetRefunded,
    BudgetSpent,
    ReservationCommitted,
    ReservationExpired,
    ReservationReleased,
)
from domain.envelope import Recorded
from domain.identity import CampaignId, TenantId
from domain.shared_budget import SharedBudgetEvent, Standing
from domain.shared_budget.events import (
    SharedBudgetHeld,
    SharedBudgetSet,
    SharedBudgetSpent,
    SharedHoldDropped,
)
from migrations.events import EventDecoder, kinds_of

PROCESS = "shared_spending"
AT_ONCE = datetime.min.replace(tzinfo=UTC)  # due whatever the clock says
AFTERWARDS = timedelta(seconds=2)  # by then the campaign's own reservation has expired

Moved = (
    BudgetSpent
    | BudgetRefunded
    | BudgetCorrected
    | ReservationCommitted
    | ReservationReleased
    | ReservationExpired
)
MOVED: EventDecoder[Moved] = EventDecoder(Moved)
MOVED_KINDS = kinds_of(Moved)
SHARED: EventDecoder[SharedBudgetEvent] = EventDecoder(SharedBudgetEvent)
SHARED_KINDS = kinds_of(SharedBudgetEvent)


def shared_spending(desk: Desk, happenings: Happenings) -> Agenda:
    """Return the agenda of what is to be counted and settled."""
    spending = SharedSpending(desk)
    return Agenda(desk, happenings, heed=spending.heed, act=spending.act)


class SharedSpending:
    """Knows which campaigns were ever members of what; told the log from its beginning."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._members: dict[tuple[TenantId, str], set[CampaignId]] = defaultdict(set)
        self._shared: dict[tuple[TenantId, CampaignId], set[str]] = defaultdict(set)
        self._holds: dict[tuple[TenantId, str, str], set[str]] = defaultdict(set)
        self._settled: dict[tuple[TenantId, str], tuple[int, Halt]] = {}

    def heed(self, recorded: Recorded) -> Iterable[Due | Dropped]:
        """Say what an event puts on the agenda, or takes off it."""
        if recorded.kind in MOVED_KINDS:
            campaign = MOVED.decode(recorded.data).campaign
            for shared in sorted(self._shared.get((recorded.tenant, campaign), ())):
                yield _due(recorded, "count", shared, campaign)
        elif recorded.kind in SHARED_KINDS:
            yield from self._heed_shared(recorded)

    def _heed_shared(self, recorded: Recorded) -> Iterable[Due | Dropped]:
        event = SHARED.decode(recorded.data)
        match event:
            case SharedBudgetSet(shared_budget=shared):
                for member in event.members:
                    self._members[recorded.tenant, shared].add(member.campaign)
                    self._shared[recorded.tenant, member.campaign].add(shared)
                yield _due(recorded, "settle", shared)
            case SharedBudgetSpent(shared_budget=shared, campaign=campaign):
                for reservation in event.ended:
                    place = (recorded.tenant, shared, f"{campaign}/{reservation}")
                    for name in self._holds.pop(place, ()):
                        yield Dropped(recorded.tenant, name)
                yield _due(recorded, "settle", shared)
            case SharedBudgetHeld(shared_budget=shared, attempt=attempt):
                hold = f"{event.campaign}/{event.reservation}"
                name = _name("hold", shared, f"{hold}/{attempt}")
                self._holds[recorded.tenant, shared, hold].add(name)
                yield Due(recorded.tenant, name, event.expires_at + AFTERWARDS, recorded.event_id)
            case SharedHoldDropped(shared_budget=shared, attempt=attempt):
                hold = f"{event.campaign}/{event.reservation}"
                name = _name("hold", shared, f"{hold}/{attempt}")
                self._holds[recorded.tenant, shared, hold].discard(name)
                yield Dropped(recorded.tenant, name)
            case _:
                return  # An alarm: the money it speaks of is settled already.

    async def act(self, due: Due) -> bool:
        """Count what a member spent, settle all members, or look after a hold that is over."""
        matter, shared, rest = due.name.split("|")
        try:
            if matter == "count":
                await count_member(self._desk, due.tenant, shared, CampaignId(rest))
            elif matter == "settle":
                await self._settle(due.tenant, shared)
            else:
                await self._end_hold(due, shared, rest)
        except Overtaken:
            return False
        return True

    async def _settle(self, tenant: TenantId, shared: str) -> None:
        """Settle everyone when there is something new to tell them."""
        state = (await current(self._desk, SHARED_BUDGETS, tenant, shared)).state
        if not isinstance(state, Standing):
            return
        now = (state.set_version, halt_of(state, self._desk.clock.now()))
        if self._settled.get((tenant, shared)) != now:
            await settle_members(self._desk, tenant, shared, self._members[tenant, shared])
            self._settled[tenant, shared] = now

    async def _end_hold(self, due: Due, shared: str, hold: str) -> None:
        """End a hold by what became of the reservation; one that was never granted is dropped."""
        campaign, reservation, attempt = hold.split("/")
        tenant, name = due.tenant, CampaignId(campaign)
        expired = ExpireReservation(campaign=name, reservation=reservation)
        await expire_reservation(expired, asking=_asking(due, "expire"), desk=self._desk)
        await count_member(self._desk, tenant, shared, name)
        state = (await current(self._desk, BUDGETS, tenant, name)).state
        if isinstance(state, Allocated) and reservation in state.holds:
            return  # It is open again under another time: its own end is on the agenda.
        dropped = DropHold(
            shared_budget=shared, campaign=name, reservation=reservation, attempt=attempt
        )
        await drop_hold(dropped, asking=_asking(due, "drop"), desk=self._desk)


def _due(recorded: Recorded, matter: str, shared: str, rest: str = "") -> Due:
    name = _name(matter, shared, rest)
    return Due(recorded.tenant, name, AT_ONCE, recorded.event_id)


def _name(matter: str, shared: str, rest: str) -> str:
    return f"{matter}|{shared}|{rest}"


def _asking(due: Due, step: str) -> Asking:
    source = f"{due.tenant}/{due.name}/{due.caused_by}/{step}"
    return Asking.of_process(PROCESS, source, tenant=due.tenant, causation_id=due.caused_by)
