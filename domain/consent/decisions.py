"""What may be done about a person's consent, and what follows."""

from datetime import UTC, datetime, time
from enum import StrEnum

from domain.consent.events import (
    CmpStatus,
    ConsentCheckStarted,
    ConsentConfirmed,
    ConsentDenied,
    ConsentEvent,
    ConsentGiven,
    ConsentRevoked,
    ConsentWithdrawn,
    Evidence,
)
from domain.consent.extent import extent_of
from domain.consent.reading import Reading
from domain.consent.state import (
    Checking,
    Consent,
    FullConsent,
    NoConsent,
    PartialConsent,
)


class Weight(StrEnum):
    """How an offered word stands to what is known: only a newer one is recorded."""

    NEWER = "newer"
    KNOWN = "known_already"
    OLDER = "older_than_known"
    REVOKED = "revoked_since"


def weigh(consent: Consent, evidence: Evidence) -> Weight:
    """Return how the evidence stands to what is on the record.

    Strings tell the day they were made, not the hour: of one day, the last to arrive counts.
    What was revoked does not come back by being sent again.
    """
    before = consent.before if isinstance(consent, Checking) else consent
    known = before.evidence
    if known is not None and known.digest == evidence.digest:
        # Someone who was asked again gave the same answer again: that ends the asking.
        return Weight.NEWER if isinstance(consent, Checking) else Weight.KNOWN
    if known is not None and _is_before(evidence, _said(known)):
        return Weight.OLDER
    if isinstance(before, NoConsent) and before.revoked is not None:
        again = before.revoked.digest == evidence.digest and not evidence.by_choice
        if again or _is_before(evidence, before.revoked.at):
            return Weight.REVOKED
    return Weight.NEWER


def offer(
    consent: Consent, *, subject: str, readings: tuple[Reading, ...], evidence: Evidence
) -> list[ConsentEvent]:
    """Take what a person chose: narrower, wider, or the same on newer evidence."""
    if weigh(consent, evidence) is not Weight.NEWER:
        return []
    known = consent.readings if isinstance(consent, PartialConsent | FullConsent) else ()
    before, after = extent_of(known), extent_of(readings)
    if before.exceeds(after):
        return [ConsentWithdrawn(subject=subject, readings=readings, evidence=evidence)]
    if after.exceeds(before):
        return [ConsentGiven(subject=subject, readings=readings, evidence=evidence)]
    if after.is_nothing():
        return [ConsentDenied(subject=subject, readings=readings, evidence=evidence)]
    return [ConsentConfirmed(subject=subject, readings=readings, evidence=evidence)]


def start_check(
    consent: Consent, *, subject: str, cmp: CmpStatus, at: datetime
) -> list[ConsentEvent]:
    """Note that the person is being asked; what they allowed before stays allowed meanwhile."""
    if isinstance(consent, PartialConsent | FullConsent):
        return []
    if isinstance(consent, Checking) and cmp in {consent.cmp, "loaded"}:
        return []
    return [ConsentCheckStarted(subject=subject, cmp=cmp, started_at=at)]


def revoke(consent: Consent, *, subject: str, sealed: str, at: datetime) -> list[ConsentEvent]:
    """Take everything back, for a stranger too: what arrives late must find it said."""
    if isinstance(consent, NoConsent) and consent.revoked is not None and not consent.evidence:
        return []
    return [ConsentRevoked(subject=subject, sealed=sealed, revoked_at=at)]


def _said(known: Evidence) -> datetime:
    """Return when the person chose; a clock that ran ahead must not outlast later choices."""
    return min(known.said_at or known.received_at, known.received_at)


def _is_before(evidence: Evidence, known: datetime) -> bool:
    if evidence.said_at is None:
        return False  # Only its arrival dates it, and that is now.
    if evidence.said_at.timetz() == time(tzinfo=UTC):
        return evidence.said_at.date() < known.astimezone(UTC).date()
    return evidence.said_at < known
