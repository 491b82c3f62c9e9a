"""A person's consent: asked for, given, narrowed, revoked; by purpose and by partner."""

from domain.consent.events import ConsentEvent, Evidence
from domain.consent.state import (
    UNASKED,
    Checking,
    Consent,
    FullConsent,
    NoConsent,
    PartialConsent,
    allows,
    evolve,
    name_of,
)

__all__ = [
    "UNASKED",
    "Checking",
    "Consent",
    "ConsentEvent",
    "Evidence",
    "FullConsent",
    "NoConsent",
    "PartialConsent",
    "allows",
    "evolve",
    "name_of",
]
