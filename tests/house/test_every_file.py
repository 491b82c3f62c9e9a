"""What a reader may expect of every file: an introduction, a size, honest names."""

import ast
import re

import pytest

from tests.house.sources import HOUSE, ROOMS, SOURCES, TESTS, named, tree

LINES_MAX = 300
FUNCTION_LINES_MAX = 40
UNSAID = {
    "utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "service",
    "services", "processor", "processors", "data", "info", "misc",
}  # fmt: skip
# `DIR/data_dir` is the operator's own word, in the contract as --data-dir and CX_DATA_DIR.
SAID_ANYWAY = {"data_dir"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_a_file_introduces_itself_and_fits_in_the_head(path):
    assert ast.get_docstring(tree(path)), "start with one sentence on why"
    assert len(path.read_text().splitlines()) <= LINES_MAX


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_functions_are_short(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, FUNCTIONS):
            lines = len(ast.unparse(node).splitlines())
            assert lines <= FUNCTION_LINES_MAX, f"{node.name} has {lines} lines"


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_files_have_names_that_say_something(path):
    words = set() if path.stem in SAID_ANYWAY else set(path.stem.strip("_").split("_"))
    assert not words & UNSAID, f"{path.stem} says nothing"


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=named)
def test_nothing_is_left_for_later(path):
    comments = [line for line in path.read_text().splitlines() if "#" in line or '"""' in line]
    unfinished = [line for line in comments if UNFINISHED.search(line)]
    assert not unfinished or path.name == "test_every_file.py"


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=named)
def test_what_a_linter_is_told_to_ignore_has_a_reason(path):
    for line in path.read_text().splitlines():
        if re.search(r"#\s*noqa", line) and path.parent.name != "house":
            assert re.search(r"# noqa: [A-Z0-9, ]+ - \S+", line), line.strip()


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_no_mistake_is_swallowed_whole(path):
    """Catching everything and saying nothing hides what we would need to know."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler):
            silent = len(node.body) == 1 and isinstance(node.body[0], ast.Pass)
            everything = node.type is None or ast.unparse(node.type) in {
                "Exception", "BaseException",
            }  # fmt: skip
            assert not (silent and everything), f"line {node.lineno}"


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_only_ops_reads_the_environment(path):
    if path.relative_to(HOUSE).parts[0] == "ops":
        return
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute):
            assert ast.unparse(node) not in {"os.environ", "os.getenv"}, f"line {node.lineno}"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_is_for(room):
    assert ast.get_docstring(tree(HOUSE / room / "__init__.py"))
