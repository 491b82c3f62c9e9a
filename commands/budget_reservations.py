"""What may be asked of a budget's reservations: reserve, commit, release, expire.

A campaign under shared budgets asks them first, then its own budget. What they hold for a
reservation ends when the campaign's budget says how the reservation ended, so at no moment is
more promised than there is. A crash in between leaves money held, never promised twice, until
the reservation's time is over.
"""

import contextlib
from datetime import datetime
from functools import partial

import msgspec

from commands.budget import BUDGETS
from commands.desk import Desk
from commands.ports import Fault
from commands.shared_budget import SHARED_BUDGETS, as_step, count_member
from commands.transact import Asking, Outcome, current, transact
from domain.budget import Allocated
from domain.budget.reservations import commit, expire, release, reserve
from domain.identity import CampaignId
from domain.money import Money
from domain.refusal import Refusal
from domain.shared_budget.decisions import drop, hold


class ReserveBudget(msgspec.Struct, frozen=True, kw_only=True):
    campaign: CampaignId
    reservation: str
    amount: Money
    expires_at: datetime


class CommitReservation(msgspec.Struct, frozen=True, kw_only=True):
    """Without an amount all of it was spent."""

    campaign: CampaignId
    reservation: str
    amount: Money | None = None


class ReleaseReservation(msgspec.Struct, frozen=True, kw_only=True):
    campaign: CampaignId
    reservation: str


class DropHold(msgspec.Struct, frozen=True, kw_only=True):
    """What a shared budget set aside for a reservation that was never granted."""

    shared_budget: str
    campaign: CampaignId
    reservation: str
    attempt: str


class ExpireReservation(msgspec.Struct, frozen=True, kw_only=True):
    campaign: CampaignId
    reservation: str


async def reserve_budget(command: ReserveBudget, *, asking: Asking, desk: Desk) -> Outcome:
    """Set money aside in the campaign's budget and in those that it shares."""
    at = desk.clock.now()
    decision = partial(
        reserve,
        reservation=command.reservation,
        amount=command.amount,
        expires_at=command.expires_at,
        at=at,
    )
    held: list[str] = []
    try:
        for name in await _shared_by(command, asking=asking, desk=desk):
            await _hold(name, command, asking=asking, desk=desk, at=at)
            held.append(name)
        return await transact(desk, BUDGETS, command.campaign, decision, asking=asking, at=at)
    except Refusal:
        for name in held:
            await _drop(name, command, asking=asking, desk=desk)
        raise


async def commit_reservation(command: CommitReservation, *, asking: Asking, desk: Desk) -> Outcome:
    """Spend a reservation."""
    at = desk.clock.now()
    decision = partial(commit, reservation=command.reservation, amount=command.amount, at=at)
    outcome = await transact(desk, BUDGETS, command.campaign, decision, asking=asking, at=at)
    await _tell_shared(command.campaign, asking=asking, desk=desk)
    return outcome


async def release_reservation(
    command: ReleaseReservation, *, asking: Asking, desk: Desk
) -> Outcome:
    """Give a reservation back."""
    at = desk.clock.now()
    decision = partial(release, reservation=command.reservation, at=at)
    outcome = await transact(desk, BUDGETS, command.campaign, decision, asking=asking, at=at)
    await _tell_shared(command.campaign, asking=asking, desk=desk)
    return outcome


async def expire_reservation(command: ExpireReservation, *, asking: Asking, desk: Desk) -> Outcome:
    """Give a reservation back whose time is over; silent when it ended before."""
    at = desk.clock.now()
    decision = partial(expire, reservation=command.reservation, at=at)
    outcome = await transact(desk, BUDGETS, command.campaign, decision, asking=asking, at=at)
    await _tell_shared(command.campaign, asking=asking, desk=desk)
    return outcome


async def drop_hold(command: DropHold, *, asking: Asking, desk: Desk) -> Outcome:
    """Let go of what a shared budget holds for a reservation that is not there."""
    at = desk.clock.now()
    decision = partial(
        drop,
        campaign=command.campaign,
        reservation=command.reservation,
        attempt=command.attempt,
        at=at,
    )
    return await transact(
        desk, SHARED_BUDGETS, command.shared_budget, decision, asking=asking, at=at
    )


async def _shared_by(command: ReserveBudget, *, asking: Asking, desk: Desk) -> list[str]:
    """Return the shared budgets to ask: none when the reservation is known already."""
    state = (await current(desk, BUDGETS, asking.tenant, command.campaign)).state
    if not isinstance(state, Allocated):
        return []
    if command.reservation in state.holds or command.reservation in state.closed:
        return []
    return sorted(state.shared)


async def _hold(
    name: str, command: ReserveBudget, *, asking: Asking, desk: Desk, at: datetime
) -> None:
    # The version makes a retry after a refusal a command of its own: what was held is dropped.
    version = (await current(desk, SHARED_BUDGETS, asking.tenant, name)).version
    decision = partial(
        hold,
        campaign=command.campaign,
        reservation=command.reservation,
        attempt=asking.command_id,
        amount=command.amount,
        expires_at=command.expires_at,
        at=at,
    )
    step = as_step(asking, f"hold/{name}/{version}")
    await transact(desk, SHARED_BUDGETS, name, decision, asking=step, at=at)


async def _drop(name: str, command: ReserveBudget, *, asking: Asking, desk: Desk) -> None:
    version = (await current(desk, SHARED_BUDGETS, asking.tenant, name)).version
    dropped = DropHold(
        shared_budget=name,
        campaign=command.campaign,
        reservation=command.reservation,
        attempt=asking.command_id,
    )
    with contextlib.suppress(Fault):  # Else it is held until the reservation's time is over.
        await drop_hold(dropped, asking=as_step(asking, f"drop/{name}/{version}"), desk=desk)


async def _tell_shared(campaign: CampaignId, *, asking: Asking, desk: Desk) -> None:
    """Count at once what the process manager would count in a moment."""
    state = desk.folded(BUDGETS, asking.tenant, campaign).state
    if not isinstance(state, Allocated):
        return
    for name in sorted(state.shared):
        with contextlib.suppress(Fault):
            await count_member(desk, asking.tenant, name, campaign)
