"""What may be asked of a budget's pace: choose the curve, judge where spend stands on it."""

from functools import partial

import msgspec

from commands.budget import BUDGETS
from commands.desk import Desk
from commands.transact import Asking, Outcome, StaleVersion, transact
from domain.budget import Allocated, Budget, BudgetEvent
from domain.budget.pace import judge, set_pacing
from domain.budget.pacing import Curve
from domain.identity import CampaignId


class SetPacing(msgspec.Struct, frozen=True, kw_only=True):
    campaign: CampaignId
    curve: Curve


class JudgePacing(msgspec.Struct, frozen=True, kw_only=True):
    campaign: CampaignId


async def set_budget_pacing(
    command: SetPacing, *, asking: Asking, desk: Desk, expected_version: int | None = None
) -> Outcome:
    """Choose how spend is to be spread over the flight.

    A live budget gets a new version every second, so the version that was read only has to be
    one since the pacing was last chosen: spend in between overwrites nothing.
    """
    at = desk.clock.now()
    folded = desk.folded(BUDGETS, asking.tenant, command.campaign)

    def decide(budget: Budget) -> list[BudgetEvent]:
        chosen = budget.pacing_version if isinstance(budget, Allocated) else 0
        refuse_when_stale(expected_version, since=chosen, version=folded.version)
        return set_pacing(budget, curve=command.curve, version=folded.version + 1, at=at)

    return await transact(desk, BUDGETS, command.campaign, decide, asking=asking, at=at)


async def judge_pacing(command: JudgePacing, *, asking: Asking, desk: Desk) -> Outcome:
    """Record when spend left its curve or came back to it while nothing was spent."""
    at = desk.clock.now()
    decision = partial(judge, at=at)
    return await transact(desk, BUDGETS, command.campaign, decision, asking=asking, at=at)


def refuse_when_stale(expected: int | None, *, since: int, version: int) -> None:
    """Refuse an edit by someone who read the stream before it was last edited."""
    if expected is not None and not since <= expected <= version:
        raise StaleVersion(current=str(version), expected=str(expected))
