"""What may be asked of a shared budget, and how its members are kept in line with it."""

import contextlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID, uuid5

import msgspec
from msgspec.structs import replace

from commands.budget import BUDGETS
from commands.budget_allocation import allocate_from_brief
from commands.budget_pacing import refuse_when_stale
from commands.causes import because_of
from commands.desk import Desk
from commands.ledger import SNAPSHOT_EVERY, Ledger
from commands.ports import Overtaken
from commands.shared_tally import tally_of
from commands.transact import (
    Asking,
    Outcome,
    RequestUnderWay,
    current,
    derived_id,
    transact,
)
from domain.budget import Allocated
from domain.budget.days import day_of, end_of
from domain.budget.membership import settle
from domain.identity import CampaignId, TenantId
from domain.money import Money
from domain.refusal import FieldError
from domain.shared_budget import UNSET, SharedBudget, SharedBudgetEvent, Standing, evolve
from domain.shared_budget.decisions import MembersWrong, Plan, Tally, count, set_plan
from migrations.events import EventDecoder

PROCESS = "shared_budget"
ATTEMPTS_MAX = 3

SHARED_BUDGETS: Ledger[SharedBudget, SharedBudgetEvent] = Ledger(
    "shared_budget", UNSET, evolve, EventDecoder(SharedBudgetEvent), snapshot_every=SNAPSHOT_EVERY
)


class SetSharedBudget(msgspec.Struct, frozen=True, kw_only=True):
    shared_budget: str
    advertiser: str
    total: Money
    daily: Money | None = None
    time_zone: str = "UTC"
    campaigns: tuple[CampaignId, ...] = ()


class Halt(NamedTuple):
    """Whether members must stop bidding, and until when if time alone will let them go."""

    halted: bool
    until: datetime | None = None


class _CountedMeanwhile(Exception):
    """What was tallied is out of date: tally again."""


async def set_shared_budget(
    command: SetSharedBudget, *, asking: Asking, desk: Desk, expected_version: int | None = None
) -> Outcome:
    """Say what may be spent together, and by which campaigns; 0 expects that none is there."""
    name = command.shared_budget
    folded = await current(desk, SHARED_BUDGETS, asking.tenant, name)
    before = set(folded.state.counted) if isinstance(folded.state, Standing) else set()
    await _require_campaigns(command, asking=asking, desk=desk)
    for _ in range(ATTEMPTS_MAX):
        try:
            outcome = await _set(command, asking=asking, desk=desk, expected=expected_version)
        except _CountedMeanwhile:
            continue
        everyone = before.union(command.campaigns)
        said = f"{SHARED_BUDGETS.stream(name)}/{outcome.version}"
        with because_of(derived_id(asking.command_id, said)):
            await settle_members(desk, asking.tenant, name, everyone)
        return outcome
    raise Overtaken(SHARED_BUDGETS.stream(name))


async def count_member(
    desk: Desk, tenant: TenantId, shared_budget: str, campaign: CampaignId
) -> None:
    """Count what a member spent since it was last counted, and stop or let go all when due."""
    before = (await current(desk, SHARED_BUDGETS, tenant, shared_budget)).state
    if not isinstance(before, Standing) or campaign not in before.counted:
        return
    tally = await tally_of(desk, tenant, campaign, after=before.counted[campaign])
    if not tally.sums and not tally.ended:
        return
    at = desk.clock.now()
    source = f"count/{tenant}/{shared_budget}/{campaign}/{tally.after}-{tally.through}"
    asking = Asking.of_process(PROCESS, source, tenant=tenant)
    decision = partial(count, tally=tally, at=at)
    with _only_one():
        await transact(desk, SHARED_BUDGETS, shared_budget, decision, asking=asking, at=at)
    after = desk.folded(SHARED_BUDGETS, tenant, shared_budget).state
    if isinstance(after, Standing) and halt_of(before, at) != halt_of(after, at):
        await settle_members(desk, tenant, shared_budget, after.counted)


async def settle_members(
    desk: Desk, tenant: TenantId, shared_budget: str, campaigns: Iterable[CampaignId]
) -> None:
    """Tell each campaign whether it is a member, and whether the shared money is gone."""
    folded = await current(desk, SHARED_BUDGETS, tenant, shared_budget)
    state, at = folded.state, desk.clock.now()
    if not isinstance(state, Standing):
        return
    halt = halt_of(state, at)
    for campaign in sorted(campaigns):
        decision = partial(
            settle,
            shared_budget=shared_budget,
            member=campaign in state.counted,
            halted=halt.halted,
            until=halt.until,
            at=at,
        )
        # A second try is a command of its own: what was silent may not be by then.
        told = (await current(desk, BUDGETS, tenant, campaign)).version
        source = f"settle/{tenant}/{shared_budget}/{folded.version}/{halt}/{campaign}/{told}"
        asking = Asking.of_process(PROCESS, source, tenant=tenant)
        with _only_one():
            await transact(desk, BUDGETS, campaign, decision, asking=asking, at=at)


def halt_of(state: Standing, at: datetime) -> Halt:
    """Return whether the members may not bid: until the day ends, or until there is money."""
    if state.exhausted:
        return Halt(halted=True)
    today = day_of(at, state.time_zone)
    if state.day_is_spent(today):
        return Halt(halted=True, until=end_of(today, state.time_zone))
    return Halt(halted=False)


@contextlib.contextmanager
def _only_one() -> Iterator[None]:
    """Leave it to whoever does just this at the moment, as when someone else wrote first."""
    try:
        yield
    except RequestUnderWay:
        raise Overtaken from None


def as_step(asking: Asking, step: str) -> Asking:
    """Return how a step towards answering a request asks: as the same person, by an id of its own.

    The same step of the same request is always the same command.
    """
    command_id = str(uuid5(UUID(asking.command_id), step))
    return replace(asking, command_id=command_id, causation_id=asking.command_id)


async def _set(
    command: SetSharedBudget, *, asking: Asking, desk: Desk, expected: int | None
) -> Outcome:
    at = desk.clock.now()
    folded = desk.folded(SHARED_BUDGETS, asking.tenant, command.shared_budget)
    tallies = await _tallies(folded.state, command, asking=asking, desk=desk)
    plan = Plan(
        command.advertiser, command.total, command.daily, command.time_zone, command.campaigns
    )

    def decide(budget: SharedBudget) -> list[SharedBudgetEvent]:
        since = budget.set_version if isinstance(budget, Standing) else 0
        refuse_when_stale(expected, since=since, version=folded.version)
        counted = budget.counted if isinstance(budget, Standing) else {}
        if any(counted.get(tally.campaign, tally.after) != tally.after for tally in tallies):
            raise _CountedMeanwhile
        return set_plan(
            budget,
            shared_budget=command.shared_budget,
            plan=plan,
            tallies=tallies,
            version=folded.version,
            at=at,
        )

    return await transact(desk, SHARED_BUDGETS, command.shared_budget, decide, asking=asking, at=at)


async def _tallies(
    state: SharedBudget, command: SetSharedBudget, *, asking: Asking, desk: Desk
) -> list[Tally]:
    counted = state.counted if isinstance(state, Standing) else {}
    tallies = []
    for campaign in sorted({*counted, *command.campaigns}):
        if campaign in counted:
            tally = await tally_of(desk, asking.tenant, campaign, after=counted[campaign])
        else:
            version = (await current(desk, BUDGETS, asking.tenant, campaign)).version
            tally = Tally(campaign, after=version, through=version)
        tallies.append(tally)
    return tallies


async def _require_campaigns(command: SetSharedBudget, *, asking: Asking, desk: Desk) -> None:
    """Refuse campaigns that do not exist or count in another currency, each named."""
    wrong = []
    for index, campaign in enumerate(command.campaigns):
        state = (await current(desk, BUDGETS, asking.tenant, campaign)).state
        if not isinstance(state, Allocated):
            await allocate_from_brief(desk, asking.tenant, campaign)
            state = (await current(desk, BUDGETS, asking.tenant, campaign)).state
        if not isinstance(state, Allocated):
            wrong.append(FieldError(f"/campaigns/{index}", "There is no such campaign"))
        elif state.total.currency != command.total.currency:
            message = f"Its budget is in {state.total.currency}"
            wrong.append(FieldError(f"/campaigns/{index}", message))
    if wrong:
        raise MembersWrong(*wrong)
