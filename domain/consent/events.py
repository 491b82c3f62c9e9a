"""Facts about a person's consent. Nobody is named, and what was sent stays sealed."""

from datetime import datetime
from typing import Literal

import msgspec

from domain.consent.policies import Law
from domain.consent.reading import Reading
from domain.event import Event

CmpStatus = Literal["loaded", "shown"]


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What consent rests on. `sealed` is everything that was sent, as JSON under their key.

    `digest` recognises the same signals when they come again; `said_at` is when the person
    chose, as far as a string tells (whole days, mostly). `by_choice`: they were choices by
    name, not a string that a browser sends again by itself.
    """

    source: str
    sealed: str
    digest: str
    law: Law
    region: str | None = None
    received_at: datetime
    said_at: datetime | None = None
    by_choice: bool = False
    tcf_policy: int | None = None
    vendor_list: int | None = None
    cmp_id: int | None = None
    cmp_version: int | None = None


class _Said(Event, frozen=True, kw_only=True):
    subject: str  # the `ref`
    readings: tuple[Reading, ...]
    evidence: Evidence


class ConsentCheckStarted(Event, frozen=True, kw_only=True, tag="consent.check_started.v1"):
    """The consent platform is `loaded`, or has `shown` its banner."""

    subject: str
    cmp: CmpStatus
    started_at: datetime


class ConsentGiven(_Said, frozen=True, kw_only=True, tag="consent.given.v1"):
    """More is allowed than before."""


class ConsentConfirmed(_Said, frozen=True, kw_only=True, tag="consent.confirmed.v1"):
    """As much is allowed as before, on newer evidence."""


class ConsentWithdrawn(_Said, frozen=True, kw_only=True, tag="consent.withdrawn.v1"):
    """Something that was allowed no longer is; what is left stands in the readings."""


class ConsentDenied(_Said, frozen=True, kw_only=True, tag="consent.denied.v1"):
    """Nothing is allowed, and nothing was."""


class ConsentRevoked(Event, frozen=True, kw_only=True, tag="consent.revoked.v1"):
    """All consent is taken back, and what was gathered on it must go.

    `sealed` is the person's name, for whoever clears up.
    """

    subject: str
    sealed: str
    revoked_at: datetime


ConsentEvent = (
    ConsentCheckStarted
    | ConsentGiven
    | ConsentConfirmed
    | ConsentWithdrawn
    | ConsentDenied
    | ConsentRevoked
)
