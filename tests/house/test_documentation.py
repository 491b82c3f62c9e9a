"""What the README and the Makefile promise exists."""

import re
import subprocess

import pytest

from ops.cli import app
from tests.house.sources import HOUSE, ROOMS

README = (HOUSE / "README.md").read_text() if (HOUSE / "README.md").exists() else ""
MAKEFILE = (HOUSE / "Makefile").read_text()
DOORS = ("demo", "test", "check", "bench", "up", "clean")


def doors_promised():
    return sorted(set(re.findall(r"\bmake ([a-z]+)", README)))


def commands_promised():
    return sorted(
        set(re.findall(r"\bcx ((?:config|audit|projections|tenant) [a-z]+|[a-z]+)\b", README))
    )


@pytest.mark.parametrize("door", DOORS)
def test_make_lists_and_has_every_door(door):
    assert re.search(rf"^{door}:", MAKEFILE, re.MULTILINE)
    listed = subprocess.run(["make", "help"], cwd=HOUSE, capture_output=True, text=True, check=True)
    assert f"make {door}" in listed.stdout


@pytest.mark.parametrize("door", doors_promised())
def test_the_readme_names_doors_that_exist(door):
    assert re.search(rf"^{door}:", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize("command", commands_promised())
def test_the_readme_names_commands_that_exist(command):
    part = app
    for word in command.split():
        part = part[word]
    assert part.help


@pytest.mark.parametrize("room", ROOMS)
def test_the_readme_shows_every_room(room):
    assert f"`{room}/`" in README


def test_the_readme_links_to_files_that_exist():
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", README)
    assert links
    assert [link for link in links if not (HOUSE / link).exists()] == []


def test_continuous_integration_runs_every_test():
    assert "make test" in (HOUSE / ".ci/run").read_text()
