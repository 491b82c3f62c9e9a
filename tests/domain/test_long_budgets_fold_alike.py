"""A long history of a budget folds in one go to what it folds to event by event."""

from datetime import date, timedelta
from functools import reduce

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.budget import UNALLOCATED, evolve
from domain.budget.events import BudgetRefunded, DailyBudgetOverspent
from domain.budget.folding import LONG
from domain.budget.folding import fold as fold_long
from migrations.events import EventDecoder
from tests.people import MONDAY, SPRING, usd
from tests.projections.scribe import allocated, spent

LONG_EVENTS = EventDecoder(LONG)


def fold(budget, events):
    """Fold events as they come out of a log."""
    documents = msgspec.json.encode([{"data": event} for event in events])
    return fold_long(budget, LONG_EVENTS.decode_all(documents))


DAYS = st.integers(0, 90).map(lambda days: date(2026, 3, 2) + timedelta(days=days))
SPENT = st.builds(
    lambda units, on, last, place: replace(spent(units, on=on, last=last), partition=place),
    st.integers(0, 50), DAYS, st.integers(0, 300), st.integers(0, 3),
)  # fmt: skip
OTHERS = st.one_of(
    st.integers(1, 500).map(allocated),
    DAYS.map(
        lambda day: DailyBudgetOverspent(
            campaign=SPRING, spent=usd(2), limit=usd(1), on=day, at=MONDAY
        )
    ),
    st.integers(1, 5).map(
        lambda units: BudgetRefunded(
            campaign=SPRING,
            amount=usd(units),
            reason="fraud",
            reference=f"r{units}",
            refunded_at=MONDAY,
        )
    ),
)


@given(st.lists(st.one_of(SPENT, SPENT, SPENT, OTHERS), max_size=120))
def test_any_history_folds_alike_at_once_and_one_by_one(events):
    assert fold(UNALLOCATED, events) == reduce(evolve, events, UNALLOCATED)


@pytest.mark.parametrize("cut", [0, 1, 45, 90])
def test_a_history_folds_alike_wherever_it_is_cut(cut):
    start = date(2026, 3, 2)
    events = [
        allocated(1_000),
        *(spent(1, on=start + timedelta(days=n), last=n) for n in range(90)),
    ]
    whole = reduce(evolve, events, UNALLOCATED)
    assert fold(fold(UNALLOCATED, events[:cut]), events[cut:]) == whole


def test_folding_leaves_the_state_before_it_alone():
    before = fold(UNALLOCATED, [allocated(10), spent(1)])
    fold(before, [spent(2, last=2)])
    assert before == fold(UNALLOCATED, [allocated(10), spent(1)])
