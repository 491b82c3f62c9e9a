"""Facts about a person's file as a whole: what was asked, what holds it back, that it is gone."""

from datetime import datetime
from typing import Literal

from domain.event import Event
from domain.privacy.events import RequestKind

WhyLifted = Literal["asked", "elapsed"]


class RequestNoted(Event, frozen=True, kw_only=True, tag="subject.request_noted.v1"):
    """A request was made about this person."""

    subject: str
    request: str
    request_kind: RequestKind
    noted_at: datetime


class HoldPlaced(Event, frozen=True, kw_only=True, tag="subject.hold_placed.v1"):
    """Nothing of this person may be erased; `sealed` says who and why, with the person's key."""

    subject: str
    hold: str
    by: str
    sealed: str
    until: datetime | None
    placed_at: datetime


class HoldLifted(Event, frozen=True, kw_only=True, tag="subject.hold_lifted.v1"):
    subject: str
    hold: str
    by: str
    why: WhyLifted
    lifted_at: datetime


class ErasureBegun(Event, frozen=True, kw_only=True, tag="subject.erasure_begun.v1"):
    """From here on it cannot be held back: the key is about to be destroyed."""

    subject: str
    request: str
    begun_at: datetime


class SubjectErased(Event, frozen=True, kw_only=True, tag="subject.erased.v1"):
    """The person's key is gone; every view drops what it showed under this reference.

    `rows` is how many rows each view showed at that moment.
    """

    subject: str
    request: str
    rows: dict[str, int]
    erased_at: datetime


SubjectEvent = RequestNoted | HoldPlaced | HoldLifted | ErasureBegun | SubjectErased
