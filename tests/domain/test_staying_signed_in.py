from functools import reduce

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.session import UNOPENED, Ended, Live, evolve
from domain.session import decisions as sessions
from domain.session.events import ReuseDetected, SessionOpened, SessionRefreshed, SessionRevoked
from tests.golden.shipped import SHIPPED
from tests.people import FRIDAY, MONDAY, TUESDAY
from tests.spec import given_session

KINDS = SessionOpened | SessionRefreshed | ReuseDetected | SessionRevoked
HASHES = [f"{number:02x}" * 32 for number in range(40)]
OPENED = SessionOpened(
    session="s1",
    person="p1",
    method="password",
    use="api",
    opened_at=MONDAY,
    expires_at=FRIDAY,
    refresh_hash=HASHES[0],
)
REFRESHED = SessionRefreshed(session="s1", refresh_hash=HASHES[1], refreshed_at=TUESDAY)
REUSED = ReuseDetected(session="s1", person="p1", detected_at=TUESDAY)


def presenting(number, *, fresh=1, at=TUESDAY):
    return {"presented": HASHES[number], "fresh": HASHES[fresh], "at": at}


def test_a_session_opens_once():
    given_session().when(sessions.open_once, opened=OPENED).then(OPENED)
    given_session(OPENED).when(sessions.open_once, opened=OPENED).then_refused(sessions.ProofUsed)


def test_a_refresh_token_is_good_once():
    given_session(OPENED).when(sessions.refresh, **presenting(0)).then(REFRESHED)
    given_session(OPENED, REFRESHED).when(sessions.refresh, **presenting(0)).then(REUSED)
    given_session(OPENED, REFRESHED, REUSED).when(sessions.refresh, **presenting(1)).then_nothing()


def test_what_never_was_a_refresh_token_does_nothing():
    given_session(OPENED).when(sessions.refresh, **presenting(9)).then_nothing()
    given_session().when(sessions.refresh, **presenting(0)).then_nothing()
    given_session(OPENED).when(sessions.refresh, **presenting(0, at=FRIDAY)).then_nothing()


def test_a_session_is_ended_by_its_person_or_whoever_minds_others():
    asked = {"why": "asked", "at": TUESDAY}
    ended = SessionRevoked(session="s1", person="p1", why="asked", revoked_at=TUESDAY)
    given_session(OPENED).when(sessions.revoke, **asked).then(ended)
    given_session(OPENED, ended).when(sessions.revoke, **asked).then_nothing()
    given_session(OPENED).when(sessions.revoke, **asked, person="p2").then_refused(
        sessions.SessionUnknown
    )
    given_session().when(sessions.revoke, **asked).then_refused(sessions.SessionUnknown)


def test_a_used_token_may_still_sign_out():
    giving = {"at": TUESDAY}
    history = (OPENED, REFRESHED)
    assert given_session(*history).when(sessions.sign_out, presented=HASHES[0], **giving).take()
    assert given_session(*history).when(sessions.sign_out, presented=HASHES[1], **giving).take()
    given_session(*history).when(sessions.sign_out, presented=HASHES[9], **giving).then_nothing()


@settings(max_examples=200)
@given(st.lists(st.integers(0, 30), max_size=40))
def test_whatever_is_presented_no_token_works_twice(tries):
    session, accepted = evolve(UNOPENED, OPENED), []
    for fresh, number in enumerate(tries, start=1):
        if fresh >= len(HASHES):
            break
        news = sessions.refresh(session, **presenting(number, fresh=fresh))
        accepted += [number] * any(isinstance(event, SessionRefreshed) for event in news)
        session = reduce(evolve, news, session)
        if isinstance(session, Ended):
            assert sessions.refresh(session, **presenting(fresh, fresh=fresh)) == []
    assert len(set(accepted)) == len(accepted)


@given(st.lists(st.sampled_from([e for _, e in SHIPPED if isinstance(e, KINDS)])))
def test_any_order_of_shipped_session_events_folds(history):
    opened = any(isinstance(event, SessionOpened) for event in history)
    assert isinstance(reduce(evolve, history, UNOPENED), Live | Ended) == opened
