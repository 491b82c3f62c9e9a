"""`cx audit` shows what was so then, and what changed since, while nothing runs."""

import json

import pytest

from tests.stories.command_line import run as cx


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    directory = tmp_path_factory.mktemp("books") / "cx"
    assert cx("tenant", "create", "Blue", "--data-dir", directory).returncode == 0
    return directory


def audit(books, *words):
    return cx("audit", *words, "--tenant", "blue", "--data-dir", books, "--json")


def test_the_state_is_shown_at_a_version_a_position_or_a_time(books):
    rows = [json.loads(line) for line in audit(books, "show", "tenant-blue").stdout.splitlines()]
    rows = rows[0] if isinstance(rows[0], list) else rows
    last = rows[-1]
    for flag, value in (
        ("--at-version", last["version"]),
        ("--at-position", last["position"]),
        ("--as-of", "9999-01-01T00:00:00Z"),
    ):
        ended = audit(books, "show", "tenant-blue", flag, value)
        assert ended.returncode == 0, ended.stderr
        shown = json.loads(ended.stdout)
        assert (shown["stream"], shown["version"]) == ("tenant-blue", last["version"])
        assert shown["state"] == last["state"]


def test_what_changed_is_told_by_pointers(books):
    ended = audit(books, "diff", "tenant-blue", "1", "9999-01-01T00:00:00Z")
    assert ended.returncode == 0, ended.stderr
    assert '"/people/' in ended.stdout
    nothing = audit(books, "diff", "tenant-blue", "1", "1")
    assert nothing.returncode == 0
    assert "/people/" not in nothing.stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("show", "tenant-blue", "--as-of", "yesterday"), "A moment must be a version"),
        (("show", "tenant-blue", "--at-version", "1", "--at-position", "1"), "Ask for one of"),
        (("show", "tenant-blue", "--as-of", "1999-01-01T00:00:00Z"), "held nothing at"),
        (("diff", "tenant-nobody", "0", "1"), "has no stream"),
        (("diff", "tenant-blue", "0", "later"), "A moment must be a version"),
    ],
)
def test_a_senseless_question_is_answered_with_a_sentence(books, words, sentence):
    ended = audit(books, *words)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert sentence in ended.stderr


def test_what_followed_from_a_command_is_told_from_the_log(books):
    rows = json.loads(f"[{','.join(audit(books, 'show', 'tenant-blue').stdout.splitlines())}]")
    opened = (rows[0] if isinstance(rows[0], list) else rows)[0]
    tree = json.loads(audit(books, "causation", opened["command_id"]).stdout)
    assert tree["commands"][0]["events"][0]["event"]["kind"] == opened["kind"]
    lines = cx("audit", "causation", opened["command_id"], "--tenant", "blue", "--data-dir", books)
    assert opened["kind"] in lines.stdout
    nothing = audit(books, "causation", "nobody")
    assert (nothing.returncode, nothing.stdout) == (1, "")
    assert "led to anything" in nothing.stderr
