"""No family of streams is forgotten: a ledger means time travel, and causes that are told."""

import importlib
import pkgutil
from typing import get_args

import pytest

import commands
from commands.ledger import Ledger
from domain.budget.events import BudgetSpent
from ops.audit_trail import LEDGERS
from projections.causation import Traced

# Process managers' own notes, kept under the tenant `system`, which nobody can ask about.
NOTES = {"allocation", "audit", "raw_cut", "spend"}


def ledgers():
    found = {}
    for module in pkgutil.iter_modules(commands.__path__, "commands."):
        for thing in vars(importlib.import_module(module.name)).values():
            if isinstance(thing, Ledger):
                found[thing.category] = thing
    return found


FOUND = ledgers()


@pytest.mark.parametrize("category", sorted(set(FOUND) - NOTES))
def test_every_aggregate_can_be_told_as_it_was(category):
    assert LEDGERS[category] is FOUND[category]


@pytest.mark.parametrize("category", sorted(LEDGERS))
def test_what_an_aggregate_records_is_traced_to_its_cause(category):
    traced = {str(event.__struct_config__.tag) for event in get_args(Traced)}
    written = {kind for kind in LEDGERS[category].decoder.kinds if not kind.endswith(".v0")}
    assert written <= traced
    assert str(BudgetSpent.__struct_config__.tag) in traced  # told to the fold, which leaves it out


def test_nothing_is_called_a_note_that_is_none():
    assert not NOTES & set(LEDGERS)
