"""Which alarms follow from what happened to a budget (FR-RPT-008, FR-RPT-009, BO-007)."""

import datetime as dt
from collections.abc import Iterator
from fractions import Fraction
from functools import reduce

from domain.budget.events import (
    Alarm,
    BudgetEvent,
    BudgetExhausted,
    BudgetNearingLimit,
    BudgetReplenished,
    DailyBudgetOverspent,
    PacingFellBehind,
    PacingRanAhead,
    PacingRecovered,
)
from domain.budget.pacing import share_due
from domain.budget.state import NEARING_PERCENT, Allocated, Budget, Pace, evolve
from domain.money import Money

TOLERANCE = Fraction(5, 100)  # BO-007: within 5 % of planned pacing
RECOVERED = TOLERANCE / 2  # so that spend along the edge does not ring all day
JUDGED_FROM = Fraction(1, 100)  # of the budget: before that, one impression is many percent


def with_alarms(before: Budget, news: list[BudgetEvent], *, at: dt.datetime) -> list[BudgetEvent]:
    """Return the news and whatever rings because of them, each alarm once a crossing."""
    after = reduce(evolve, news, before)
    if not isinstance(after, Allocated):
        return news
    was_exhausted = isinstance(before, Allocated) and before.exhausted
    money = _of_the_total(after, was_exhausted=was_exhausted, at=at)
    return [*news, *money, *_of_the_days(after, at=at), *pace_alarms(after, at=at)]


def expected_by(budget: Allocated, at: dt.datetime) -> Fraction | None:
    """Return the micros the curve would have spent by `at`; None without a flight or before it."""
    if (flight := budget.flight) is None:
        return None
    due = share_due(budget.curve, flight, at)
    return None if due is None else due * budget.total.micros


def pace_alarms(budget: Allocated, *, at: dt.datetime) -> Iterator[Alarm]:
    """Tell when spend leaves its curve by more than 5 %, and when it is back within half of it."""
    expected = expected_by(budget, at)
    if expected is None:
        return
    if max(expected, Fraction(budget.spent_micros)) < JUDGED_FROM * budget.total.micros:
        return
    pace = _pace(budget, expected)
    if pace == budget.pace:
        return
    kinds: dict[Pace, type[PacingFellBehind | PacingRanAhead | PacingRecovered]] = {
        "behind": PacingFellBehind,
        "ahead": PacingRanAhead,
        "on_plan": PacingRecovered,
    }
    yield kinds[pace](
        campaign=budget.campaign,
        spent=_money(budget, budget.spent_micros),
        expected=_money(budget, round(expected)),
        at=at,
    )


def _pace(budget: Allocated, expected: Fraction) -> Pace:
    ahead = RECOVERED if budget.pace == "ahead" else TOLERANCE
    behind = RECOVERED if budget.pace == "behind" else TOLERANCE
    if budget.spent_micros > expected * (1 + ahead):
        return "ahead"
    if budget.spent_micros < expected * (1 - behind):
        return "behind"
    return "on_plan"


def _of_the_total(budget: Allocated, *, was_exhausted: bool, at: dt.datetime) -> Iterator[Alarm]:
    micros, total = budget.spent_micros, budget.total
    nearing = micros * 100 >= total.micros * NEARING_PERCENT
    if not (was_exhausted or nearing):
        return
    spent = _money(budget, micros)
    if was_exhausted and spent.micros < total.micros:
        yield BudgetReplenished(campaign=budget.campaign, spent=spent, limit=total, at=at)
    if nearing and not budget.nearing:
        yield BudgetNearingLimit(campaign=budget.campaign, spent=spent, limit=total, at=at)
    if not budget.exhausted and spent.micros >= total.micros:
        yield BudgetExhausted(campaign=budget.campaign, spent=spent, limit=total, at=at)


def _of_the_days(budget: Allocated, *, at: dt.datetime) -> Iterator[Alarm]:
    if budget.daily is None:
        return
    for day, micros in sorted(budget.days.items()):
        if micros > budget.daily.micros and day not in budget.overspent_days:
            yield DailyBudgetOverspent(
                campaign=budget.campaign,
                spent=_money(budget, micros),
                limit=budget.daily,
                on=day,
                at=at,
            )


def _money(budget: Allocated, micros: int) -> Money:
    return Money(micros=micros, currency=budget.total.currency)
