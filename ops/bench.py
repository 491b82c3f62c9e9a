"""`cx bench`: runs one benchmark of the repository and shows the figures it kept."""

import subprocess
from pathlib import Path

import msgspec

from ops.child import HOUSE, python_module
from ops.obstacle import Obstacle
from ops.output import show_json, show_rows

MODULES = {"pixel": "pixel", "bid": "bid", "commands": "commands", "projections": "replay"}
RESULTS = HOUSE / "tests/bench/results"


class NoBenchmarks(Obstacle):
    """The benchmarks live in the repository and not in an installed package."""


def run(what: str, *, as_json: bool) -> int:
    """Run the benchmark; its own progress goes to stderr."""
    name = MODULES[what]
    if not (HOUSE / f"tests/bench/bench_{name}.py").is_file():
        raise NoBenchmarks("The benchmarks are in the repository's tests/bench; run it from there.")
    command = python_module(f"tests.bench.bench_{name}")
    code = subprocess.run(command, cwd=HOUSE, stdout=2, check=False).returncode  # noqa: S603 - our own module
    result = RESULTS / f"{name}.json"
    if code or not result.is_file():
        return code or 1
    _show(result, as_json=as_json)
    return 0


def _show(result: Path, *, as_json: bool) -> None:
    figures = msgspec.json.decode(result.read_bytes(), type=dict[str, object])
    if as_json:
        show_json(figures)
        return
    shown = ("what", "target", "seen", "met")
    show_rows([{name: figures.get(name) for name in shown}], as_json=False)
