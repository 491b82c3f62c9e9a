"""Words on consent that every test of it may use."""

from datetime import UTC, datetime, timedelta

from domain.consent.events import (
    ConsentCheckStarted,
    ConsentConfirmed,
    ConsentDenied,
    ConsentGiven,
    ConsentRevoked,
    ConsentWithdrawn,
    Evidence,
)
from domain.consent.policies import Law
from domain.consent.purposes import EVERY
from domain.consent.reading import Reading, Signal
from tests.people import FRIDAY, MONDAY, TUESDAY

JANE = "5f1c0e5d7a9b4c3d8e2f1a0b9c8d7e6f"
DV360, TRADE_DESK, STRANGER = 755, 21, 9_999


def reading(purposes=EVERY, vendors="21,755", **more):
    more = {"signal": Signal.TC_STRING, "opts_in": True, **more}
    return Reading(purposes=tuple(purposes), vendors=vendors, **more)


def evidence(digest="a", *, received_at=TUESDAY, said_at=None, **more):
    return Evidence(
        source="api",
        sealed="sealed:1:c2VhbGVk",
        digest=digest,
        law=Law.GDPR,
        received_at=received_at,
        said_at=said_at,
        **more,
    )


def day(number, *, hour=0):
    return datetime(2026, 3, number, hour, tzinfo=UTC)


ALL, SOME, NONE = reading(), reading(purposes=(1, 7)), reading(purposes=())
BY_STRING = evidence("string", said_at=day(3))
GIVEN = ConsentGiven(subject=JANE, readings=(ALL,), evidence=BY_STRING)
CONFIRMED = ConsentConfirmed(
    subject=JANE, readings=(ALL,), evidence=evidence("again", said_at=day(4))
)
WITHDRAWN = ConsentWithdrawn(
    subject=JANE, readings=(SOME,), evidence=evidence("less", said_at=day(4))
)
DENIED = ConsentDenied(subject=JANE, readings=(NONE,), evidence=evidence("no", said_at=day(3)))
CHECKING = ConsentCheckStarted(subject=JANE, cmp="loaded", started_at=MONDAY)
REVOKED = ConsentRevoked(subject=JANE, sealed="sealed:1:c2VhbGVk", revoked_at=FRIDAY)
LATER = FRIDAY + timedelta(days=1)
HAPPENED = (GIVEN, CONFIRMED, WITHDRAWN, DENIED, CHECKING, REVOKED)
