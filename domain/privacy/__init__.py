"""What persons may ask about themselves: access, erasure, and the holds that keep it back."""

from domain.privacy.events import PrivacyEvent
from domain.privacy.request import UNASKED, PrivacyRequest, evolve
from domain.privacy.subject import UNOPENED_FILE, SubjectFile
from domain.privacy.subject import evolve as evolve_subject
from domain.privacy.subject_events import SubjectEvent

__all__ = [
    "UNASKED",
    "UNOPENED_FILE",
    "PrivacyEvent",
    "PrivacyRequest",
    "SubjectEvent",
    "SubjectFile",
    "evolve",
    "evolve_subject",
]
