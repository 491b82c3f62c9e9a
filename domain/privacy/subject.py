"""A person's file: open, being erased or erased, and what may be done about it."""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from domain.privacy.events import RequestKind
from domain.privacy.refusals import HoldElapsed, HoldTooLate, HoldUnknown, SubjectOnHold
from domain.privacy.subject_events import (
    ErasureBegun,
    HoldLifted,
    HoldPlaced,
    RequestNoted,
    SubjectErased,
    SubjectEvent,
    WhyLifted,
)


class OpenFile(msgspec.Struct, frozen=True):
    """`holds` in force with their ends, `lifted` ones, and `requests` made so far by kind."""

    holds: dict[str, datetime | None] = {}
    lifted: frozenset[str] = frozenset()
    requests: dict[str, RequestKind] = {}


class Erasing(msgspec.Struct, frozen=True):
    """The key is being destroyed, and everything after it."""

    lifted: frozenset[str]
    requests: dict[str, RequestKind]


class Erased(msgspec.Struct, frozen=True):
    """Gone from every view, which showed `rows` of them."""

    lifted: frozenset[str]
    requests: dict[str, RequestKind]
    rows: dict[str, int]


SubjectFile = OpenFile | Erasing | Erased
UNOPENED_FILE = OpenFile()


def evolve(file: SubjectFile, event: SubjectEvent) -> SubjectFile:
    """Accept what happened, whatever it is."""
    match event:
        case RequestNoted(request=request, request_kind=kind):
            file = replace(file, requests={**file.requests, request: kind})
        case HoldPlaced(hold=hold, until=until):
            if isinstance(file, OpenFile):
                file = replace(file, holds={**file.holds, hold: until})
        case HoldLifted(hold=hold):
            file = replace(_without(file, hold), lifted=file.lifted | {hold})
        case ErasureBegun():
            if isinstance(file, OpenFile):
                file = Erasing(file.lifted, file.requests)
        case SubjectErased(rows=rows):
            file = Erased(file.lifted, file.requests, rows)
    return file


def _without(file: SubjectFile, hold: str) -> SubjectFile:
    if not isinstance(file, OpenFile):
        return file
    left = {each: until for each, until in file.holds.items() if each != hold}
    return replace(file, holds=left)


def note(
    file: SubjectFile, *, subject: str, request: str, kind: RequestKind, at: datetime
) -> list[SubjectEvent]:
    """Note that a request was made."""
    if request in file.requests:
        return []
    return [RequestNoted(subject=subject, request=request, request_kind=kind, noted_at=at)]


def place_hold(
    file: SubjectFile,
    *,
    subject: str,
    hold: str,
    by: str,
    sealed: str,
    until: datetime | None,
    at: datetime,
) -> list[SubjectEvent]:
    """Hold back erasure until the end named or until it is lifted."""
    if hold in file.lifted:
        return []
    if not isinstance(file, OpenFile):
        raise HoldTooLate(subject=subject)
    if hold in file.holds:
        return []
    if until is not None and until <= at:
        raise HoldElapsed
    return [HoldPlaced(subject=subject, hold=hold, by=by, sealed=sealed, until=until, placed_at=at)]


def lift_hold(
    file: SubjectFile, *, subject: str, hold: str, by: str, why: WhyLifted = "asked", at: datetime
) -> list[SubjectEvent]:
    """Stop holding erasure back; lifting twice is lifting once."""
    if hold in file.lifted:
        return []
    if not isinstance(file, OpenFile) or hold not in file.holds:
        raise HoldUnknown
    return [HoldLifted(subject=subject, hold=hold, by=by, why=why, lifted_at=at)]


def holding(file: SubjectFile, *, at: datetime) -> list[str]:
    """Return the holds in force at a time; one whose end has come holds nothing."""
    if not isinstance(file, OpenFile):
        return []
    return [hold for hold, until in file.holds.items() if until is None or until > at]


def begin_erasure(
    file: SubjectFile, *, subject: str, request: str, at: datetime
) -> list[SubjectEvent]:
    """Begin what no hold can stop any more; raises `SubjectOnHold`."""
    if not isinstance(file, OpenFile):
        return []
    if holds := holding(file, at=at):
        raise SubjectOnHold(holds=", ".join(sorted(holds)))
    return [ErasureBegun(subject=subject, request=request, begun_at=at)]


def finish_erasure(
    file: SubjectFile, *, subject: str, request: str, rows: dict[str, int], at: datetime
) -> list[SubjectEvent]:
    """Say that the key is gone, so that every view drops the person."""
    match file:
        case Erasing():
            return [SubjectErased(subject=subject, request=request, rows=rows, erased_at=at)]
        case OpenFile() | Erased():
            return []
