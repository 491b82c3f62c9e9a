"""Facts about requests of persons: what they asked, what was done, and the proof of it.

No event names the person: `subject` is the key ring's reference, and `sealed` opens with a key
of the request's own, which is destroyed once nothing can bring the person's data back.
"""

from datetime import datetime
from typing import Literal

import msgspec

from domain.event import Event

RequestKind = Literal["access", "erasure", "purge"]
StepName = Literal["events", "keys", "raw", "found", "facts", "letters", "views"]
Ground = Literal["unfounded", "excessive", "identity_unproven", "withdrawn"]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing done about a request, with what was counted, by name."""

    step: StepName
    counts: dict[str, int]
    done_at: datetime


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What was done, fit to be shown to the person and to an authority; it names nobody.

    `person_check` is SHA-256 over `salt NUL tenant NUL subject` in hex: whoever was told the salt
    can check whom this is about. `statements` say what the counts cannot.
    """

    request: str
    tenant: str
    subject: str
    person_check: str
    kind: RequestKind
    requested_at: datetime
    completed_at: datetime
    steps: tuple[Step, ...]
    log_position: int
    statements: tuple[str, ...]


class PrivacyRequested(Event, frozen=True, kw_only=True, tag="privacy.requested.v1"):
    """Someone asked; an answer is due within a month (GDPR, Art. 12(3))."""

    request: str
    subject: str
    request_kind: RequestKind
    sealed_for: str
    sealed: str
    person_check: str
    requested_at: datetime
    due_at: datetime


class RequestHeld(Event, frozen=True, kw_only=True, tag="privacy.held.v1"):
    """Erasure waits for a legal hold to be lifted."""

    request: str
    held_at: datetime


class RequestStarted(Event, frozen=True, kw_only=True, tag="privacy.started.v1"):
    request: str
    started_at: datetime


class StepDone(Event, frozen=True, kw_only=True, tag="privacy.step_done.v1"):
    request: str
    done: Step


class RequestDone(Event, frozen=True, kw_only=True, tag="privacy.done.v1"):
    """`certificate_hash` is the hex SHA-256 of the certificate's JSON as it is written here."""

    request: str
    certificate: Certificate
    certificate_hash: str
    forget_at: datetime
    done_at: datetime


class RequestRefused(Event, frozen=True, kw_only=True, tag="privacy.refused.v1"):
    """The request was turned down on one of the grounds the law knows (GDPR, Art. 12(5), (6))."""

    request: str
    by: str
    ground: Ground
    refused_at: datetime


class RequestForgotten(Event, frozen=True, kw_only=True, tag="privacy.forgotten.v1"):
    """The request's own key was destroyed: nobody can tell any more whom it named."""

    request: str
    forgotten_at: datetime


PrivacyEvent = (
    PrivacyRequested
    | RequestHeld
    | RequestStarted
    | StepDone
    | RequestDone
    | RequestRefused
    | RequestForgotten
)
