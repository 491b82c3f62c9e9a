"""What a reader may expect of every test: a claim, a check, no mocks of our own code."""

import ast

import pytest

from tests.house.sources import TESTS, named, tree

SITUATIONS = [path for path in TESTS if path.name.startswith("test_")]
CLAIM_WORDS_MIN = 3
CHECKS = ("assert", "raises", "then", "expect", "check", "agree", "verify")


def claims(path):
    for node in ast.walk(tree(path)):
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if is_function and node.name.startswith("test_"):
            yield node


@pytest.mark.parametrize("path", SITUATIONS, ids=named)
def test_a_test_is_named_after_its_claim(path):
    for claim in claims(path):
        assert len(claim.name.split("_")) > CLAIM_WORDS_MIN, claim.name


@pytest.mark.parametrize("path", SITUATIONS, ids=named)
def test_a_test_checks_something(path):
    for claim in claims(path):
        text = ast.unparse(claim)
        assert any(word in text for word in CHECKS), f"{claim.name} checks nothing"


@pytest.mark.parametrize("path", TESTS, ids=named)
def test_nothing_of_ours_is_mocked(path):
    imported = {
        name.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert not {"unittest.mock", "mock", "pytest_mock"} & imported


@pytest.mark.parametrize("path", SITUATIONS, ids=named)
def test_a_skip_names_what_the_machine_lacks(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".skip"):
            assert node.args or node.keywords, f"line {node.lineno}: say why"
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("mark.skipif"):
            assert any(keyword.arg == "reason" for keyword in node.keywords)
