"""Every refusal says why in one sentence, and every reason has a status."""

import importlib
import inspect
import pkgutil

import pytest

import domain
from domain.refusal import Reason, Refusal

for module in pkgutil.walk_packages(domain.__path__, "domain."):
    importlib.import_module(module.name)
for name in ("commands.transact", "commands.campaign", "commands.budget", "commands.tenant"):
    importlib.import_module(name)

REFUSALS = sorted(Refusal.registry.items())


def test_there_are_refusals_to_speak_of():
    assert len(REFUSALS) > 10


@pytest.mark.parametrize(("code", "refusal"), REFUSALS, ids=[code for code, _ in REFUSALS])
def test_a_refusal_says_why_in_a_sentence(code, refusal):
    sentence = inspect.getdoc(refusal)
    assert sentence, f"{code} has no sentence"
    assert sentence[0].isupper()
    assert sentence.rstrip().endswith(".")


def test_every_reason_becomes_a_status():
    problems = importlib.import_module("write_api.problems")
    assert set(problems.STATUS) == set(Reason)
