"""Brings a ClickHouse database to the newest schema, one ordered step after the other.

ClickHouse has neither transactions over tables nor locks. So every statement of a step must be one
that may run twice, and a step is written into the ledger after its last statement: two runners at
once, or one that died half-way, do no harm.
"""

import hashlib
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import NamedTuple, Protocol

LEDGER = """\
CREATE TABLE IF NOT EXISTS schema_steps
(
    name String,
    checksum String,
    applied_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY name
"""
APPLIED = "SELECT name, argMin(checksum, applied_at) FROM schema_steps GROUP BY name ORDER BY name"
RECORD = "INSERT INTO schema_steps (name, checksum) SELECT {name:String}, {checksum:String}"
NAME = re.compile(r"\d{4}_[a-z0-9_]+\.sql")
COMMENT = re.compile(r"^\s*--.*\n?", re.MULTILINE)
REPEATABLE = re.compile(
    r"""CREATE\s+(?:MATERIALIZED\s+VIEW|TABLE|VIEW|DICTIONARY)\s+IF\s+NOT\s+EXISTS\s
    | DROP\s+(?:TABLE|VIEW|DICTIONARY)\s+IF\s+EXISTS\s
    | CREATE\s+OR\s+REPLACE\s+(?:VIEW|FUNCTION)\s
    | ALTER\s+TABLE\s+\S+\s+(?:
        (?:ADD|DROP|CLEAR)\s+(?:COLUMN|INDEX|PROJECTION|CONSTRAINT)\s+IF\s+(?:NOT\s+)?EXISTS\s
        | MODIFY\s+(?:COLUMN\s+IF\s+EXISTS|SETTING|TTL|QUERY)\s)""",
    re.IGNORECASE | re.VERBOSE,
)


class Database(Protocol):
    """Where the steps are applied: one database, already there."""

    async def command(self, sql: str, parameters: dict[str, str] | None = None) -> None:
        """Run a statement; `{name:String}` in it is filled from `parameters`."""

    async def rows(self, sql: str) -> Sequence[Sequence[object]]:
        """Return what a query found."""


class SchemaRefused(Exception):
    """The schema and the steps do not fit; the text says which step and what to do."""


class Step(NamedTuple):
    """One file of statements."""

    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def statements(self) -> list[str]:
        """The statements without comments; raises `SchemaRefused` for one not repeatable."""
        bare = COMMENT.sub("", self.text)
        found = [part.strip() for part in bare.split(";\n") if part.strip()]
        for statement in found:
            if REPEATABLE.match(statement) is None:
                raise SchemaRefused(
                    f"The schema step {self.name} holds a statement that may not run twice: "
                    f"{statement.splitlines()[0]!r}. Write it with IF [NOT] EXISTS."
                )
        return found


def packaged(kind: str = "clickhouse") -> list[Step]:
    """Return the steps shipped in `sql/<kind>`, in order."""
    folder = files("migrations") / "sql" / kind
    found = sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))
    return [Step(name, (folder / name).read_text(encoding="utf-8")) for name in found]


async def migrate(database: Database, steps: Sequence[Step] | None = None) -> list[str]:
    """Apply what is missing and return its names.

    Raises `SchemaRefused` before anything is applied when an applied step was edited, when one
    would have to be applied behind a newer one, or when a statement may not run twice.
    """
    wanted = packaged() if steps is None else list(steps)
    await database.command(LEDGER)
    applied = {str(name): str(checksum) for name, checksum in await database.rows(APPLIED)}
    missing = _missing(wanted, applied)
    planned = [(step, step.statements) for step in missing]
    for step, statements in planned:
        for statement in statements:
            await database.command(statement)
        await database.command(RECORD, {"name": step.name, "checksum": step.checksum})
    return [step.name for step in missing]


def _missing(steps: Sequence[Step], applied: dict[str, str]) -> list[Step]:
    _check_names(steps)
    for step in steps:
        if applied.get(step.name, step.checksum) != step.checksum:
            raise SchemaRefused(
                f"The schema step {step.name} was edited after it had been applied. "
                "Restore its text and write the change as a new step."
            )
    missing = [step for step in steps if step.name not in applied]
    known = [step.name for step in steps if step.name in applied]
    for step in missing:
        if known and step.name < known[-1]:
            raise SchemaRefused(
                f"The schema step {step.name} is new but {known[-1]} is applied already. "
                "Give it a higher number."
            )
    return missing


def _check_names(steps: Sequence[Step]) -> None:
    for place, step in enumerate(steps, start=1):
        if NAME.fullmatch(step.name) is None or int(step.name[:4]) != place:
            raise SchemaRefused(
                f"The schema step {step.name} is not the {place:04d}_… that is due: "
                "steps are numbered from 0001 without gaps."
            )
