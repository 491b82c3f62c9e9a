"""A long history of a budget in one go: what `evolve` makes of it event by event, sooner.

Nearly all of a long history is spend. Of that only what a state keeps is read, and runs of it
are added up in place; `tests/domain/test_long_budgets_fold_alike.py` holds both to one result.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import groupby
from operator import or_
from types import UnionType
from typing import cast, get_args

import msgspec
from msgspec.structs import replace

from domain.budget.events import BudgetEvent, BudgetSpent
from domain.budget.state import DAYS_KEPT, Allocated, Budget, evolve


class Amount(msgspec.Struct, gc=False):
    micros: int


class Spend(msgspec.Struct, tag_field="kind", tag="budget.spent.v1", gc=False):
    """The part of `BudgetSpent` that a budget's state is made of."""

    amount: Amount
    impressions: int
    partition: int
    last: int
    on: dt.date


# The union of all that may happen to a budget, with `Spend` in place of `BudgetSpent`.
LONG = cast(
    "UnionType",
    reduce(or_, [Spend if kind is BudgetSpent else kind for kind in get_args(BudgetEvent)]),
)


def fold(budget: Budget, events: Sequence[BudgetEvent | Spend]) -> Budget:
    """Return the budget after these events, one upon the other."""
    for kind, run in groupby(events, type):
        if kind is not Spend:
            budget = reduce(evolve, cast("Iterable[BudgetEvent]", run), budget)
        elif isinstance(budget, Allocated):  # Spend without a budget is of no effect.
            budget = _spent(budget, cast("Iterable[Spend]", run))
    return budget


def _spent(budget: Allocated, run: Iterable[Spend]) -> Allocated:
    spent, impressions = budget.spent_micros, budget.impressions
    days, watermarks = dict(budget.days), dict(budget.watermarks)
    for event in run:
        micros, on, partition, last = event.amount.micros, event.on, event.partition, event.last
        spent += micros
        impressions += event.impressions
        if on in days:
            days[on] += micros
        else:
            _begin(days, on, micros)
        if last > watermarks.get(partition, -1):
            watermarks[partition] = last
    return replace(
        budget, spent_micros=spent, impressions=impressions, days=days, watermarks=watermarks
    )


def _begin(days: dict[dt.date, int], day: dt.date, micros: int) -> None:
    """Count a day's first spend; the oldest day is forgotten when there are too many."""
    days[day] = micros
    if len(days) > DAYS_KEPT:
        del days[min(days)]
