from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.consent import UNASKED, Checking, allows, evolve, name_of
from domain.consent.decisions import Weight, offer, revoke, start_check, weigh
from domain.consent.events import (
    ConsentCheckStarted,
    ConsentConfirmed,
    ConsentDenied,
    ConsentGiven,
    ConsentRevoked,
    ConsentWithdrawn,
)
from domain.consent.purposes import BEFORE_2_2, EVERY
from tests.consenting import (
    ALL,
    BY_STRING,
    CHECKING,
    DENIED,
    DV360,
    GIVEN,
    HAPPENED,
    JANE,
    LATER,
    NONE,
    REVOKED,
    SOME,
    WITHDRAWN,
    day,
    evidence,
    reading,
)
from tests.people import FRIDAY, MONDAY, TUESDAY
from tests.spec import given_consent, state_after

NEWER = evidence("newer", received_at=LATER, said_at=day(7))


def offered(*readings, evidence=NEWER):
    return {"subject": JANE, "readings": readings, "evidence": evidence}


@pytest.mark.parametrize(
    ("history", "state"),
    [
        ((), "no_consent"),
        ((CHECKING,), "checking"),
        ((CHECKING, DENIED), "no_consent"),
        ((CHECKING, GIVEN), "full_consent"),
        ((GIVEN, CHECKING), "full_consent"),
        ((GIVEN, WITHDRAWN), "partial_consent"),
        ((GIVEN, REVOKED), "no_consent"),
        ((WITHDRAWN, REVOKED), "no_consent"),
        ((GIVEN, REVOKED, CHECKING), "checking"),
    ],
)
def test_the_four_states_follow_the_diagram(history, state):
    assert name_of(state_after("consent", *history)) == state


def test_a_first_yes_is_consent_given():
    given_consent().when(offer, **offered(ALL)).then(
        ConsentGiven(subject=JANE, readings=(ALL,), evidence=NEWER)
    )


def test_a_first_no_is_on_the_record_too():
    given_consent(CHECKING).when(offer, **offered(NONE)).then(
        ConsentDenied(subject=JANE, readings=(NONE,), evidence=NEWER)
    )


@pytest.mark.parametrize(
    "narrower",
    [
        SOME,
        NONE,
        reading(vendors="755"),
        reading(barred={1: "755"}),
        reading(vendors="1-20,22-900", purposes=EVERY),
    ],
)
def test_whatever_narrows_is_a_withdrawal(narrower):
    (event,) = given_consent(GIVEN).when(offer, **offered(narrower)).take()
    assert isinstance(event, ConsentWithdrawn)
    assert event.readings == (narrower,)


def test_special_features_taken_back_are_a_withdrawal():
    before = reading(special_features=(1, 2))
    known = ConsentGiven(subject=JANE, readings=(before,), evidence=BY_STRING)
    (event,) = given_consent(known).when(offer, **offered(reading(special_features=(1,)))).take()
    assert isinstance(event, ConsentWithdrawn)


def test_widening_is_consent_given():
    (event,) = given_consent(WITHDRAWN).when(offer, **offered(ALL)).take()
    assert isinstance(event, ConsentGiven)


def test_as_much_on_newer_evidence_is_confirmed():
    (event,) = given_consent(GIVEN).when(offer, **offered(ALL)).take()
    assert isinstance(event, ConsentConfirmed)


def test_the_same_string_again_is_silent():
    given_consent(GIVEN).when(offer, **offered(ALL, evidence=BY_STRING)).then_nothing()


def test_an_older_string_changes_nothing():
    older = evidence("older", received_at=LATER, said_at=day(2))
    given_consent(GIVEN).when(offer, **offered(SOME, evidence=older)).then_nothing()
    assert weigh(state_after("consent", GIVEN), older) is Weight.OLDER


def test_of_one_day_the_last_to_arrive_counts():
    same_day = evidence("same day", received_at=TUESDAY, said_at=day(3))
    assert weigh(state_after("consent", GIVEN), same_day) is Weight.NEWER


def test_a_string_from_the_future_does_not_outlast_later_choices():
    ahead = evidence("ahead", received_at=TUESDAY, said_at=day(3) + timedelta(days=40_000))
    known = ConsentGiven(subject=JANE, readings=(ALL,), evidence=ahead)
    assert weigh(state_after("consent", known), NEWER) is Weight.NEWER


def test_a_choice_by_name_counts_when_it_arrives_even_if_the_clock_went_back():
    earlier = evidence("choice", received_at=MONDAY, by_choice=True)
    assert weigh(state_after("consent", GIVEN), earlier) is Weight.NEWER


def test_what_was_revoked_does_not_come_back_by_being_sent_again():
    revoked = state_after("consent", GIVEN, REVOKED)
    again = evidence(BY_STRING.digest, received_at=LATER, said_at=day(3))
    undated = evidence(BY_STRING.digest, received_at=LATER)
    older = evidence("another", received_at=LATER, said_at=day(5))
    assert [weigh(revoked, each) for each in (again, undated, older)] == [Weight.REVOKED] * 3
    assert offer(revoked, **offered(ALL, evidence=again)) == []


def test_after_a_revocation_the_person_may_choose_anew():
    revoked = state_after("consent", GIVEN, REVOKED)
    anew = evidence(BY_STRING.digest, received_at=LATER, by_choice=True)
    newer_string = evidence("newer", received_at=LATER, said_at=day(7))
    assert weigh(revoked, anew) is Weight.NEWER
    assert weigh(revoked, newer_string) is Weight.NEWER


def test_who_is_asked_again_and_says_the_same_is_no_longer_asked():
    checking = state_after("consent", DENIED, CHECKING)
    assert isinstance(checking, Checking)
    (event,) = offer(checking, **offered(NONE, evidence=DENIED.evidence))
    assert name_of(evolve(checking, event)) == "no_consent"


def test_asking_takes_nothing_away():
    given_consent(GIVEN).when(start_check, subject=JANE, cmp="loaded", at=FRIDAY).then_nothing()


def test_a_banner_is_shown_after_the_platform_is_loaded():
    shown = ConsentCheckStarted(subject=JANE, cmp="shown", started_at=FRIDAY)
    step = given_consent(CHECKING).when
    step(start_check, subject=JANE, cmp="shown", at=FRIDAY).then(shown)
    step(start_check, subject=JANE, cmp="loaded", at=FRIDAY).then_nothing()


@pytest.mark.parametrize("history", [(), (CHECKING,), (DENIED,), (GIVEN,), (GIVEN, WITHDRAWN)])
def test_everything_can_be_taken_back_at_any_time_and_once(history):
    circumstances = {"subject": JANE, "sealed": REVOKED.sealed, "at": FRIDAY}
    given_consent(*history).when(revoke, **circumstances).then(REVOKED)
    given_consent(*history, REVOKED).when(revoke, **circumstances).then_nothing()


def test_ten_purposes_were_all_before_tcf_2_2():
    ten = reading(purposes=BEFORE_2_2)
    before = ConsentGiven(subject=JANE, readings=(ten,), evidence=evidence(tcf_policy=2))
    since = ConsentGiven(subject=JANE, readings=(ten,), evidence=evidence(tcf_policy=5))
    assert name_of(evolve(UNASKED, before)) == "full_consent"
    assert name_of(evolve(UNASKED, since)) == "partial_consent"


@given(st.lists(st.sampled_from(HAPPENED)))
def test_any_history_of_consent_folds(history):
    consent = reduce(evolve, history, UNASKED)
    last = history[-1] if history else REVOKED
    if isinstance(last, ConsentRevoked):
        assert not any(allows(consent, purpose, DV360) for purpose in EVERY)


READINGS = st.builds(
    reading,
    purposes=st.frozensets(st.sampled_from(EVERY)),
    vendors=st.sampled_from(["", "21", "21,755", "1-800", "*"]),
    barred=st.dictionaries(st.sampled_from(EVERY), st.sampled_from(["21", "755"]), max_size=2),
)
ASKED = [(purpose, vendor) for purpose in EVERY for vendor in (None, 21, 755, 800)]


@given(st.lists(st.tuples(st.lists(READINGS, min_size=1, max_size=2), st.integers(1, 28))))
def test_whatever_is_offered_is_silent_the_second_time(offers):
    consent = UNASKED
    for number, (readings, said_on) in enumerate(offers):
        said = evidence(str(number), received_at=LATER, said_at=day(said_on))
        news = offer(consent, **offered(*readings, evidence=said))
        before = {each for each in ASKED if allows(consent, *each)}
        consent = reduce(evolve, news, consent)
        after = {each for each in ASKED if allows(consent, *each)}
        assert offer(consent, **offered(*readings, evidence=said)) == []
        if after - before:
            assert isinstance(news[0], ConsentGiven | ConsentWithdrawn)
        if before - after:
            assert isinstance(news[0], ConsentWithdrawn)
