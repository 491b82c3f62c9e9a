"""How `cx` speaks: data on stdout as a table or JSON, progress and trouble on stderr."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec


def tell(sentence: str) -> None:
    """Say how things are going, where no program reads it."""
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


def show_json(value: object, *, indent: bool = False) -> None:
    """Write JSON, on one line unless people are to read it."""
    text = msgspec.json.encode(value, enc_hook=str)
    text = msgspec.json.format(text, indent=2) if indent else text
    sys.stdout.write(text.decode() + "\n")
    sys.stdout.flush()


def show_rows(rows: Iterable[Mapping[str, Any]], *, as_json: bool) -> None:
    """Write rows as a table with their keys as headings, or as one JSON list."""
    rows = list(rows)
    if as_json:
        show_json(rows)
        return
    for line in table(rows):
        sys.stdout.write(line + "\n")
    sys.stdout.flush()


def table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the lines of an aligned table; [] for no rows."""
    if not rows:
        return []
    cells = [list(rows[0]), *([_text(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
    return [lines[0], "-" * max(map(len, lines)), *lines[1:]]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int | float):
        return str(value)
    return msgspec.json.encode(value, enc_hook=str).decode()
