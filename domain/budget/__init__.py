"""A budget: allocated, spent, watched."""

from domain.budget.events import BudgetEvent
from domain.budget.state import UNALLOCATED, Allocated, Budget, Unallocated, evolve

__all__ = ["UNALLOCATED", "Allocated", "Budget", "BudgetEvent", "Unallocated", "evolve"]
