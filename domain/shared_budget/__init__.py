"""A shared budget: one sum of money that several campaigns of an advertiser spend."""

from domain.shared_budget.events import SharedBudgetEvent
from domain.shared_budget.state import UNSET, SharedBudget, Standing, Unset, evolve

__all__ = ["UNSET", "SharedBudget", "SharedBudgetEvent", "Standing", "Unset", "evolve"]
