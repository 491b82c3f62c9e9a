"""What a person consents to, given everything that happened: the four states of the diagram."""

from datetime import datetime

import msgspec

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
from domain.consent.purposes import BEFORE_2_2, EVERY, FIRST_WITH_ELEVEN
from domain.consent.reading import Reading, named_of, permits, purposes_of


class Revocation(msgspec.Struct, frozen=True):
    """When all was taken back, and the digest of what it had rested on."""

    at: datetime
    digest: str


class NoConsent(msgspec.Struct, frozen=True, kw_only=True, tag="no_consent"):
    """Nothing is allowed: never asked, denied, withdrawn or revoked."""

    readings: tuple[Reading, ...] = ()
    evidence: Evidence | None = None
    revoked: Revocation | None = None


class Checking(msgspec.Struct, frozen=True, kw_only=True, tag="checking"):
    """The person is being asked; until they answer, nothing is allowed."""

    cmp: CmpStatus
    since: datetime
    before: NoConsent


class PartialConsent(msgspec.Struct, frozen=True, kw_only=True, tag="partial_consent"):
    """Some purposes are allowed."""

    readings: tuple[Reading, ...]
    evidence: Evidence


class FullConsent(msgspec.Struct, frozen=True, kw_only=True, tag="full_consent"):
    """All purposes are allowed; to which partners, the readings say."""

    readings: tuple[Reading, ...]
    evidence: Evidence


Consent = NoConsent | Checking | PartialConsent | FullConsent

UNASKED = NoConsent()


def allows(consent: Consent, purpose: int | str, partner: int | str | None = None) -> bool:
    """Return whether `purpose` is allowed to `partner` (None: to the tenant itself).

    Purposes are TCF's numbers or names, partners vendor ids or names. What is not known is not
    allowed.
    """
    if isinstance(consent, NoConsent | Checking):
        return False
    return permits(consent.readings, purpose, partner)


def name_of(consent: Consent) -> str:
    """Return the state's name as outsiders know it."""
    return str(consent.__struct_config__.tag)


def evolve(consent: Consent, event: ConsentEvent) -> Consent:
    """Accept what happened: history is never argued with, so nothing is refused."""
    match event:
        case ConsentCheckStarted(cmp=cmp, started_at=at):
            return _asked(consent, cmp, at)
        case ConsentRevoked(revoked_at=at):
            evidence = resting_on(consent)
            return NoConsent(revoked=Revocation(at, evidence.digest if evidence else ""))
        case ConsentGiven() | ConsentConfirmed() | ConsentWithdrawn() | ConsentDenied():
            return standing(event.readings, event.evidence)


def standing(readings: tuple[Reading, ...], evidence: Evidence) -> Consent:
    """Return the state these readings lead to."""
    allowed = purposes_of(readings)
    policy = evidence.tcf_policy
    every = BEFORE_2_2 if policy is not None and policy < FIRST_WITH_ELEVEN else EVERY
    if set(allowed) >= set(every):
        return FullConsent(readings=readings, evidence=evidence)
    if allowed or named_of(readings):
        return PartialConsent(readings=readings, evidence=evidence)
    return NoConsent(readings=readings, evidence=evidence)


def resting_on(consent: Consent) -> Evidence | None:
    """Return the newest evidence."""
    return consent.before.evidence if isinstance(consent, Checking) else consent.evidence


def _asked(consent: Consent, cmp: CmpStatus, at: datetime) -> Consent:
    if isinstance(consent, Checking):
        return Checking(cmp=cmp, since=consent.since, before=consent.before)
    if isinstance(consent, NoConsent):
        return Checking(cmp=cmp, since=at, before=consent)
    return consent
