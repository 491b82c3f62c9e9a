import json
import os
import subprocess
import sys

import pytest

from tests.engines import HOUSE


def cx(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "ops.cli", *map(str, arguments)],
        cwd=HOUSE, env=os.environ, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Ask `cx tenant people` of a tenant that nothing runs for."""
    directory = tmp_path_factory.mktemp("books")
    made = cx("tenant", "create", "Blue Agency", "--data-dir", directory)
    assert made.returncode == 0, made.stderr

    def ask(*arguments):
        place = ("--data-dir", directory, "--tenant", "blueagency")
        return cx("tenant", "people", *place, *arguments)

    return ask


def test_people_are_shown_with_their_roles(people):
    shown = people().stdout.splitlines()
    assert shown[0].split() == ["id", "name", "roles"]
    assert shown[2].split()[:2] == ["admin", "Admin"]


def test_who_can_approve_is_told_by_their_permissions(people):
    rows = json.loads(people("--permission", "billing:write", "--json").stdout)
    assert [row["id"] for row in rows] == ["admin", "approver"]
    rows = json.loads(people("--permission", "user:write", "--json").stdout)
    assert [row["id"] for row in rows] == ["admin"]


def test_before_the_tenant_was_opened_there_was_nobody(people):
    ended = people("--as-of", "1999-12-31")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "no tenant blueagency then" in ended.stderr
    assert json.loads(people("--as-of", "2199-12-31", "--json").stdout)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (("--permission", "campaign:burn"), "is not one of campaign:read"),
        (("--as-of", "yesterday"), "is not a moment"),
        (("--as-of", "2026-03-02T09:00:00"), "does not name its offset"),
    ],
)
def test_a_question_that_makes_no_sense_is_told_in_a_sentence(people, question, said):
    ended = people(*question)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert said in ended.stderr
