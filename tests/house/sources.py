"""The files that the house rules are about."""

import ast
import subprocess
from functools import cache
from pathlib import Path

HOUSE = Path(__file__).parents[2]
ROOMS = (
    "domain", "commands", "projections", "read_api", "write_api",
    "hotpath", "migrations", "adapters", "ops",
)  # fmt: skip
SOURCES = sorted(path for room in ROOMS for path in (HOUSE / room).rglob("*.py"))
TESTS = sorted((HOUSE / "tests").rglob("*.py"))


def named(path: Path) -> str:
    return str(path.relative_to(HOUSE))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def tracked() -> tuple[Path, ...]:
    """Return every text file a clone would hold, also those not committed yet."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=False)
    names = listed.stdout.splitlines()
    return tuple(HOUSE / name for name in names if (HOUSE / name).is_file())
