"""Requests of persons and the holds on their data, as decisions on what happened before."""

from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.privacy import (
    UNASKED,
    UNOPENED_FILE,
    PrivacyEvent,
    SubjectEvent,
    evolve,
    evolve_subject,
)
from domain.privacy.certificate import STATEMENTS, certified
from domain.privacy.events import (
    PrivacyRequested,
    RequestDone,
    RequestForgotten,
    RequestHeld,
    RequestRefused,
    RequestStarted,
    Step,
    StepDone,
)
from domain.privacy.naming import require_subject
from domain.privacy.refusals import (
    HoldElapsed,
    HoldTooLate,
    HoldUnknown,
    RequestBegun,
    RequestUnknown,
    SubjectInvalid,
    SubjectOnHold,
)
from domain.privacy.request import (
    STEPS,
    ask,
    check_of,
    complete,
    forget,
    hash_of,
    hold,
    record_step,
    refuse,
    start,
)
from domain.privacy.subject import (
    begin_erasure,
    finish_erasure,
    holding,
    lift_hold,
    note,
    place_hold,
)
from domain.privacy.subject_events import (
    ErasureBegun,
    HoldLifted,
    HoldPlaced,
    RequestNoted,
    SubjectErased,
)
from tests.golden.shipped import SHIPPED
from tests.people import FRIDAY, MONDAY, TUESDAY
from tests.spec import given_privacy, given_subject, state_after

REF, ID, HOLD = "a" * 32, "request-1", "a.1"
ASKED = PrivacyRequested(
    request=ID,
    subject=REF,
    request_kind="erasure",
    sealed_for="b" * 32,
    sealed="sealed:1:AAAA",
    person_check="0" * 64,
    requested_at=MONDAY,
    due_at=MONDAY + timedelta(days=30),
)
STARTED = RequestStarted(request=ID, started_at=TUESDAY)
REFUSED = RequestRefused(request=ID, by="ben", ground="excessive", refused_at=TUESDAY)
TAKEN = tuple(
    StepDone(request=ID, done=Step(step=step, counts={}, done_at=TUESDAY))
    for step in STEPS["erasure"]
)
PLACED = HoldPlaced(
    subject=REF, hold=HOLD, by="ben", sealed="sealed:1:AAAA", until=None, placed_at=MONDAY
)
BRIEF_HOLD = replace(PLACED, until=TUESDAY)
LIFTED = HoldLifted(subject=REF, hold=HOLD, by="ben", why="asked", lifted_at=TUESDAY)
BEGUN = ErasureBegun(subject=REF, request=ID, begun_at=TUESDAY)
GONE = SubjectErased(subject=REF, request=ID, rows={"loyalty": 1}, erased_at=TUESDAY)
ASKING = {
    "request_id": ID,
    "subject": REF,
    "kind": "erasure",
    "sealed_for": "b" * 32,
    "sealed": "sealed:1:AAAA",
    "person_check": "0" * 64,
    "at": MONDAY,
}
PLACING = {"subject": REF, "hold": HOLD, "by": "ben", "sealed": "sealed:1:AAAA", "until": None}


def test_a_request_is_due_within_thirty_days():
    given_privacy().when(ask, **ASKING).then(ASKED)
    given_privacy(ASKED).when(ask, **ASKING).then_nothing()


def test_a_request_is_held_once_and_started_once():
    given_privacy(ASKED).when(hold, at=TUESDAY).then(RequestHeld(request=ID, held_at=TUESDAY))
    held = RequestHeld(request=ID, held_at=TUESDAY)
    given_privacy(ASKED, held).when(hold, at=FRIDAY).then_nothing()
    given_privacy(ASKED, held).when(start, at=TUESDAY).then(STARTED)
    given_privacy(ASKED, STARTED).when(start, at=FRIDAY).then_nothing()
    given_privacy(ASKED, STARTED).when(hold, at=FRIDAY).then_nothing()


def test_steps_are_recorded_in_their_order_alone():
    step = {"counts": {}, "at": TUESDAY}
    given_privacy(ASKED, STARTED).when(record_step, step="keys", **step).then(TAKEN[0])
    given_privacy(ASKED, STARTED).when(record_step, step="facts", **step).then_nothing()
    given_privacy(ASKED, STARTED, TAKEN[0]).when(record_step, step="keys", **step).then_nothing()
    given_privacy(ASKED).when(record_step, step="keys", **step).then_nothing()


def test_only_a_request_with_every_step_done_is_certified():
    running = state_after("privacy", ASKED, STARTED, *TAKEN)
    certificate = certified(running, tenant="acme", log_position=41, at=FRIDAY)
    told = {"certificate": certificate, "forget_at": FRIDAY, "at": FRIDAY}
    done = RequestDone(
        request=ID,
        certificate=certificate,
        certificate_hash=hash_of(certificate),
        forget_at=FRIDAY,
        done_at=FRIDAY,
    )
    given_privacy(ASKED, STARTED, *TAKEN).when(complete, **told).then(done)
    given_privacy(ASKED, STARTED, *TAKEN[:-1]).when(complete, **told).then_nothing()
    given_privacy(ASKED, STARTED, *TAKEN, done).when(complete, **told).then_nothing()


def test_a_certificate_tells_every_step_and_names_only_the_reference():
    running = state_after("privacy", ASKED, STARTED, *TAKEN)
    certificate = certified(running, tenant="acme", log_position=41, at=FRIDAY)
    assert [each.step for each in certificate.steps] == list(STEPS["erasure"])
    assert certificate.subject == REF
    assert certificate.statements == STATEMENTS["erasure"]


def test_a_request_is_refused_before_it_begins_or_never():
    told = {"by": "ben", "ground": "excessive", "at": TUESDAY}
    given_privacy(ASKED).when(refuse, **told).then(REFUSED)
    given_privacy(ASKED, REFUSED).when(refuse, **told).then_nothing()
    given_privacy().when(refuse, **told).then_refused(RequestUnknown)
    given_privacy(ASKED, STARTED).when(refuse, **told).then_refused(RequestBegun)
    given_privacy(ASKED, REFUSED).when(start, at=FRIDAY).then_nothing()


def test_forgetting_happens_once():
    forgotten = RequestForgotten(request=ID, forgotten_at=FRIDAY)
    given_privacy(ASKED, REFUSED).when(forget, at=FRIDAY).then(forgotten)
    given_privacy(ASKED, REFUSED, forgotten).when(forget, at=FRIDAY).then_nothing()
    given_privacy().when(forget, at=FRIDAY).then_nothing()


def test_whoever_knows_the_salt_can_tell_whom_it_is_about():
    told = check_of(salt="s", tenant="acme", name="maria")
    assert told == check_of(salt="s", tenant="acme", name="maria")
    others = [("t", "acme", "maria"), ("s", "globex", "maria"), ("s", "acme", "marie")]
    assert all(told != check_of(salt=s, tenant=t, name=n) for s, t, n in others)


def test_a_hold_keeps_erasure_from_beginning():
    told = {"subject": REF, "request": ID, "at": TUESDAY}
    given_subject(PLACED).when(begin_erasure, **told).then_refused(SubjectOnHold)
    given_subject(PLACED, LIFTED).when(begin_erasure, **told).then(BEGUN)
    given_subject().when(begin_erasure, **told).then(BEGUN)
    given_subject(BEGUN).when(begin_erasure, **told).then_nothing()


def test_a_hold_whose_end_has_come_holds_nothing():
    assert holding(state_after("subject", BRIEF_HOLD), at=MONDAY) == [HOLD]
    assert holding(state_after("subject", BRIEF_HOLD), at=TUESDAY) == []
    told = {"subject": REF, "request": ID, "at": TUESDAY}
    given_subject(BRIEF_HOLD).when(begin_erasure, **told).then(BEGUN)


def test_a_hold_is_placed_once_and_lifted_once():
    given_subject().when(place_hold, **PLACING, at=MONDAY).then(PLACED)
    given_subject(PLACED).when(place_hold, **PLACING, at=TUESDAY).then_nothing()
    given_subject(PLACED, LIFTED).when(place_hold, **PLACING, at=TUESDAY).then_nothing()
    lifting = {"subject": REF, "hold": HOLD, "by": "ben", "at": TUESDAY}
    given_subject(PLACED).when(lift_hold, **lifting).then(LIFTED)
    given_subject(PLACED, LIFTED).when(lift_hold, **lifting).then_nothing()
    given_subject().when(lift_hold, **lifting).then_refused(HoldUnknown)


def test_a_hold_comes_neither_too_late_nor_with_an_end_in_the_past():
    for history in ((BEGUN,), (BEGUN, GONE)):
        given_subject(*history).when(place_hold, **PLACING, at=FRIDAY).then_refused(HoldTooLate)
    elapsed = {**PLACING, "until": MONDAY}
    given_subject().when(place_hold, **elapsed, at=MONDAY).then_refused(HoldElapsed)


def test_erasure_is_finished_once_it_has_begun():
    told = {"subject": REF, "request": ID, "rows": {"loyalty": 1}, "at": TUESDAY}
    given_subject(BEGUN).when(finish_erasure, **told).then(GONE)
    given_subject(BEGUN, GONE).when(finish_erasure, **told).then_nothing()
    given_subject().when(finish_erasure, **told).then_nothing()


def test_a_request_is_noted_once_in_the_persons_file():
    noted = RequestNoted(subject=REF, request=ID, request_kind="erasure", noted_at=MONDAY)
    told = {"subject": REF, "request": ID, "kind": "erasure", "at": MONDAY}
    given_subject().when(note, **told).then(noted)
    given_subject(noted).when(note, **told).then_nothing()


@pytest.mark.parametrize("name", ["a", "é" * 128, "Zoë / 名", "x" * 256])
def test_names_of_any_script_are_taken(name):
    assert require_subject(name) is None


@pytest.mark.parametrize("name", ["", "é" * 129, "a\0", "a\u2028b", "\ud800"])
def test_names_that_no_text_could_hold_are_refused(name):
    with pytest.raises(SubjectInvalid):
        require_subject(name)


def shipped(union):
    return st.lists(st.sampled_from([event for _, event in SHIPPED if isinstance(event, union)]))


@given(shipped(PrivacyEvent))
def test_any_order_of_privacy_events_folds(history):
    assert reduce(evolve, history, UNASKED) is not None


@given(shipped(SubjectEvent))
def test_any_order_of_subject_events_folds(history):
    file = reduce(evolve_subject, history, UNOPENED_FILE)
    erased = any(isinstance(event, SubjectErased) for event in history)
    assert (type(file).__name__ == "Erased") == erased
