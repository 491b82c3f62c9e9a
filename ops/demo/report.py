"""The story as it is told on stdout: steps while they happen, then the figures."""

import sys
import time
from typing import Any

import msgspec

from ops.demo.figures import Figure
from ops.output import show_json, table, tell


class Step(msgspec.Struct, kw_only=True):
    """One thing that happened, with the second of the story it happened at."""

    at_s: float
    said: str


class Told(msgspec.Struct, kw_only=True):
    """The whole report as `--json` shows it."""

    agreed: bool
    steps: list[Step]
    figures: list[Figure]
    funnel: list[Any]
    rejected: list[Any]
    results: dict[str, Any]
    recovered_after_s: dict[str, float]
    chapters: dict[str, str]


class Report:
    """Collects the story and prints it for people unless JSON was asked for."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._started = time.monotonic()
        self.told = Told(
            agreed=False, steps=[], figures=[], funnel=[], rejected=[], results={},
            recovered_after_s={}, chapters={},
        )  # fmt: skip

    def step(self, said: str) -> None:
        """Note what happened, and say so at once."""
        at_s = round(time.monotonic() - self._started, 1)
        self.told.steps.append(Step(at_s=at_s, said=said))
        tell(f"{at_s:6.1f} s  {said}")

    def chapter(self, title: str, text: str) -> None:
        """Keep what a command printed, to be shown with the report."""
        self.told.chapters[title] = text

    def show(self) -> None:
        """Print everything that was collected."""
        if self._as_json:
            show_json(self.told)
            return
        self._section("Every figure, sent and read back", _figures(self.told.figures))
        self._section("Why requests got no bid, stage by stage", self.told.funnel)
        self._section("What was rejected at the edge, and why", self.told.rejected)
        results = [{"result": name, "value": value} for name, value in self.told.results.items()]
        self._section("Results", results)
        recovered = self.told.recovered_after_s.items()
        self._section(
            "Killed with SIGKILL, and back",
            [{"process": name, "ready again after": f"{after:.1f} s"} for name, after in recovered],
        )

        for title, text in self.told.chapters.items():
            sys.stdout.write(f"\n{title}\n\n" + text)
        sys.stdout.flush()

    def _section(self, title: str, rows: list[Any]) -> None:
        lines = table(rows) or ["(nothing)"]
        sys.stdout.write(f"\n{title}\n\n" + "\n".join(f"  {line}" for line in lines) + "\n")
        sys.stdout.flush()


def _figures(figures: list[Figure]) -> list[dict[str, Any]]:
    return [
        {
            "figure": figure.name,
            "sent": figure.expected,
            "read": figure.seen,
            "agrees": figure.agrees,
        }
        for figure in figures
    ]
