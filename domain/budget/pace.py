"""Setting the pace of a budget, and judging it as time passes without spend (BO-007)."""

import datetime as dt

from domain.budget.alarms import pace_alarms
from domain.budget.decisions import BudgetUnknown
from domain.budget.events import BudgetEvent, PacingSet
from domain.budget.pacing import HOURS, Curve
from domain.budget.state import Budget, Unallocated, evolve
from domain.refusal import FieldError, Reason, Refusal

WEIGHT_MAX = 1_000


class CurveWrong(Refusal, reason=Reason.MALFORMED):
    """This is no pacing curve: an hour profile has 24 weights, any other curve none."""


def set_pacing(budget: Budget, *, curve: Curve, version: int, at: dt.datetime) -> list[BudgetEvent]:
    """Choose how spend is to be spread; `version` is the budget's, counting this event."""
    if isinstance(budget, Unallocated):
        raise BudgetUnknown
    _require_sound(curve)
    if curve == budget.curve:
        return []
    chosen = PacingSet(campaign=budget.campaign, curve=curve, version=version, set_at=at)
    after = evolve(budget, chosen)
    assert not isinstance(after, Unallocated)  # noqa: S101 - a curve takes no allocation away
    return [chosen, *pace_alarms(after, at=at)]


def judge(budget: Budget, *, at: dt.datetime) -> list[BudgetEvent]:
    """Say whether spend has left its curve, or is back on it, since that was last said."""
    return [] if isinstance(budget, Unallocated) else list(pace_alarms(budget, at=at))


def _require_sound(curve: Curve) -> None:
    if curve.shape != "hour_profile":
        if curve.hours:
            raise CurveWrong(FieldError("/hours", "Only an hour profile has weights"))
        return
    if len(curve.hours) != HOURS:
        raise CurveWrong(FieldError("/hours", "One weight for each of the day's 24 hours"))
    wrong = [
        FieldError(f"/hours/{hour}", f"A whole number from 0 to {WEIGHT_MAX:,}")
        for hour, weight in enumerate(curve.hours)
        if not 0 <= weight <= WEIGHT_MAX
    ]
    if wrong:
        raise CurveWrong(*wrong)
    if not any(curve.hours):
        raise CurveWrong(FieldError("/hours", "At least one hour must have weight"))
