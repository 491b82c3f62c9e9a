"""Moments in the life of a stream, and how its states at two of them differ."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import takewhile
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from domain.envelope import Recorded

DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class BadMoment(ValueError):
    """What is written is neither a version, nor a position, nor a time."""


class Moment(NamedTuple):
    """One of the three: after so many events, up to a position of the log, or up to a time."""

    version: int | None = None
    position: int | None = None
    at: datetime | None = None

    def reaches(self, recorded: Recorded) -> bool:
        """Return whether the event had been recorded by then, if those before it had."""
        if self.version is not None:
            return recorded.version <= self.version
        if self.position is not None:
            return recorded.position <= self.position
        return self.at is None or recorded.recorded_at <= self.at

    def among(self, history: Iterable[Recorded]) -> list[Recorded]:
        """Return the part of a whole history that was recorded by then.

        It ends with the first event that was not: where the clock was set back, a later event
        may bear an earlier time, but no event is told without those before it.
        """
        return list(takewhile(self.reaches, history))


NOW = Moment()


def moment(text: str) -> Moment:
    """Read `7` as a version, `@1234` as a position, anything else as a time (RFC 3339).

    Version 0 is before anything happened; a date is its first moment in UTC. Raises `BadMoment`.
    """
    if text.isascii() and text.isdigit() and len(text) < len(str(2**63)):
        return Moment(version=int(text))
    marked, _, number = text.partition("@")
    if not marked and number.isascii() and number.isdigit() and len(number) < len(str(2**63)):
        return Moment(position=int(number))
    try:
        at = msgspec.convert(f"{text}T00:00:00Z" if DATE.fullmatch(text) else text, datetime)
    except msgspec.ValidationError:
        at = None
    if at is None or at.tzinfo is None:
        raise BadMoment(
            "must be a version (7), a position of the log (@1234), "
            "or a time with its offset (2026-03-02T09:00:00Z)"
        )
    return Moment(at=at)


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the state (a JSON pointer, RFC 6901) whose value is another; "" is all of it.

    What was not there before, or is not there afterwards, has no `before` or no `after`.
    """

    pointer: str
    before: Any | UnsetType = UNSET
    after: Any | UnsetType = UNSET


class Diff(msgspec.Struct, frozen=True, kw_only=True):
    """What changed in a stream's state between two of its versions."""

    stream: str
    from_version: int
    to_version: int
    differences: list[Difference]


def differences(before: Any, after: Any, pointer: str = "") -> Iterator[Difference]:  # noqa: ANN401 - any JSON
    """Yield where two JSON values differ, as deep as both have the same shape.

    Items of arrays are held against each other by their place.
    """
    match before, after:
        case dict(), dict():
            names = [*before, *(name for name in after if name not in before)]
            pairs = [(_escaped(name), _at(before, name), _at(after, name)) for name in names]
        case list(), list():
            longest = max(len(before), len(after))
            pairs = [(str(n), _nth(before, n), _nth(after, n)) for n in range(longest)]
        case _:
            if before != after or type(before) is not type(after):
                yield Difference(pointer=pointer, before=before, after=after)
            return
    for token, one, other in pairs:
        yield from differences(one, other, f"{pointer}/{token}")


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _at(value: dict[str, Any], name: str) -> Any:  # noqa: ANN401 - any JSON
    return value.get(name, UNSET)


def _nth(value: list[Any], place: int) -> Any:  # noqa: ANN401 - any JSON
    return value[place] if place < len(value) else UNSET
