"""Privacy requests and legal holds in the shape that the API answers with."""

from datetime import datetime
from typing import Literal

import msgspec

from domain.privacy.events import Certificate, Ground, RequestKind

Status = Literal["received", "held", "running", "done", "refused"]


class ShownStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step and its counts; null counts mean that it is still to be done."""

    step: str
    done_at: datetime | None
    counts: dict[str, int] | None


class ShownHold(msgspec.Struct, frozen=True, kw_only=True):
    """A legal hold in force; `subject` and `reason` as they were given."""

    id: str
    ref: str
    subject: str | None
    reason: str | None
    by: str
    until: datetime | None
    placed_at: datetime


class PersonCheck(msgspec.Struct, frozen=True, kw_only=True):
    """SHA-256 of `salt NUL tenant NUL subject` in hex: tells whom a certificate is about.

    The salt is shown until the request is forgotten; keep it if you want to check later.
    """

    digest: str
    salt: str | None


class ShownRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it stands. `subject` and `reason` are null once they are forgotten.

    `ref` names the person in streams of the audit trail. `export` is the address of the export
    of an access request. `overdue` counts from the month that the law gives.
    """

    id: str
    kind: RequestKind
    status: Status
    ref: str
    subject: str | None
    players: tuple[str, ...]
    reason: str | None
    person_check: PersonCheck
    requested_at: datetime
    due_at: datetime
    overdue: bool
    closed_at: datetime | None
    ground: Ground | None
    holds: list[ShownHold]
    steps: list[ShownStep]
    certificate: Certificate | None
    certificate_hash: str | None
    forgotten: bool
    export: str | None
    version: int
    position: int
