"""What must not be in a repository, and what must: addresses, paths, decisions, settings."""

import re

import pytest

from ops.settings import NAMES, Settings
from tests.house.sources import HOUSE, named, tracked

DECISION_LINES_MAX = 40
# A registry is told by how it is addressed, so that no host need be named here.
REGISTRY = re.compile(r"index-url[ =]+\S*//|https?://\S*(/simple\b|\.whl\b|\.tgz\b|registry\.)")
MACHINE_PATHS = re.compile(
    "|".join(f"/{root}/" for root in ("work", "root", "home/[a-z]+", "farm"))
)
SETTINGS = (HOUSE / "ops/settings.md").read_text()
DECISIONS = sorted((HOUSE / "ops/decisions").glob("*.md"))
TEXTS = [
    path
    for path in tracked()
    if path.suffix in {".py", ".pyx", ".pxd", ".md", ".toml", ".lock", ".sql", ".html", ".js", ""}
]


@pytest.mark.parametrize("path", TEXTS, ids=named)
def test_no_registry_and_no_machine_is_named(path):
    text = path.read_text(errors="replace")
    assert not REGISTRY.search(text) or named(path) == "tests/house/test_repository.py"
    assert not MACHINE_PATHS.search(text) or named(path) == "tests/house/test_repository.py"


def test_the_lock_pins_every_file_by_its_hash():
    lock = (HOUSE / "requirements.lock").read_text()
    pins = re.findall(r"^[a-zA-Z0-9_.-]+==\S+", lock, re.MULTILINE)
    assert len(pins) > 50
    assert lock.count("--hash=sha256:") >= len(pins)
    assert "index-url" not in lock


@pytest.mark.parametrize("path", DECISIONS, ids=named)
def test_a_decision_is_short_and_says_what_would_change_it(path):
    text = path.read_text()
    assert len(text.splitlines()) <= DECISION_LINES_MAX
    assert "change our mind" in text.lower()


def test_decisions_have_numbers_of_their_own():
    numbers = [path.name[:4] for path in DECISIONS]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_documented_with_its_default(name):
    row = re.search(rf"^\| `{name}` \| (.*?) \|", SETTINGS, re.MULTILINE)
    default = getattr(Settings(), name)
    assert row, f"ops/settings.md does not describe {name}"
    assert row.group(1).strip("`") == ("empty" if default in {"", ()} else str(default))


def test_no_setting_is_documented_that_does_not_exist():
    documented = re.findall(r"^\| `(\w+)` \|", SETTINGS, re.MULTILINE)
    assert set(documented) == set(NAMES)


def test_every_room_of_tests_is_run():
    rooms = {path.parent.name for path in (HOUSE / "tests").rglob("test_*.py")}
    doors = (HOUSE / "Makefile").read_text().partition("test-inner:")[2]
    doors = doors.partition("# Three parts")[0]
    assert rooms
    assert {room for room in rooms if f"tests/{room}" not in doors} == set()
