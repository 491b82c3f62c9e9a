"""A campaign's budget under a shared one: it joins, leaves, is halted and let go."""

import datetime as dt

from domain.budget.events import (
    BudgetEvent,
    BudgetHalted,
    BudgetReleased,
    SharedBudgetJoined,
    SharedBudgetLeft,
)
from domain.budget.state import Budget, Unallocated


def settle(
    budget: Budget,
    *,
    shared_budget: str,
    member: bool,
    halted: bool,
    until: dt.datetime | None,
    at: dt.datetime,
) -> list[BudgetEvent]:
    """Bring the budget in line with what its shared budget says; silent when it is."""
    if isinstance(budget, Unallocated):
        return []
    campaign = budget.campaign
    if not member:
        if shared_budget not in budget.shared:
            return []
        return [SharedBudgetLeft(campaign=campaign, shared_budget=shared_budget, left_at=at)]
    news: list[BudgetEvent] = []
    if shared_budget not in budget.shared:
        news.append(
            SharedBudgetJoined(campaign=campaign, shared_budget=shared_budget, joined_at=at)
        )
    was_halted = shared_budget in budget.halts
    if halted and (not was_halted or budget.halts[shared_budget] != until):
        news.append(
            BudgetHalted(campaign=campaign, shared_budget=shared_budget, until=until, at=at)
        )
    if was_halted and not halted:
        news.append(BudgetReleased(campaign=campaign, shared_budget=shared_budget, at=at))
    return news
