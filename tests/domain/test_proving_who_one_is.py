from datetime import timedelta

import pytest

from domain.account import SealedPassword, decisions, refusals
from domain.account import events as ae
from domain.account import login as logins
from tests.people import MONDAY, TUESDAY
from tests.spec import given_account, given_login, state_after

PERSON = {"person": "p1"}
INVITED = ae.AccountInvited(
    **PERSON,
    login="ref",
    token_hash="ab" * 32,
    invited_at=MONDAY,
    expires_at=MONDAY + timedelta(hours=72),
)
FIRST, NEXT = SealedPassword("ref", "sealed:1:one"), SealedPassword("ref", "sealed:1:two")
SET = ae.PasswordSet(**PERSON, ref="ref", password=FIRST.text, why="invitation", set_at=MONDAY)
FAILED = ae.SignInFailed(**PERSON, failed_at=MONDAY)
LOCKED = ae.AccountLocked(**PERSON, locked_at=MONDAY, locked_until=MONDAY + timedelta(minutes=15))
SIGNED_IN = ae.SignedIn(**PERSON, session="s1", method="password", signed_in_at=TUESDAY)
ENTERING = {**PERSON, "method": "password", "session": "s1", "at": TUESDAY}
SOON = MONDAY + timedelta(minutes=1)


def test_an_invitation_is_given_once_and_replaces_the_one_before():
    asked = {**PERSON, "login": "ref", "token_hash": "ab" * 32, "at": MONDAY}
    given_account().when(decisions.invite, **asked).then(INVITED)
    given_account(INVITED).when(decisions.invite, **asked).then_nothing()
    (again,) = (
        given_account(INVITED).when(decisions.invite, **{**asked, "token_hash": "cd" * 32}).take()
    )
    assert state_after("account", INVITED, again).invitation.token_hash == "cd" * 32


def test_an_invitation_sets_a_password_once_and_in_time():
    accepting = {**PERSON, "token_hash": "ab" * 32, "password": FIRST, "at": MONDAY}
    given_account(INVITED).when(decisions.accept, **accepting).then(SET)
    for history, change in (
        ((INVITED, SET), {}),
        ((), {}),
        ((INVITED,), {"token_hash": "cd" * 32}),
        ((INVITED,), {"at": MONDAY + timedelta(hours=72)}),
    ):
        given_account(*history).when(decisions.accept, **{**accepting, **change}).then_refused(
            refusals.InvitationInvalid
        )


@pytest.mark.parametrize(
    ("password", "strong"),
    [
        ("correct horse battery", True),
        ("ten  letter", False),
        ("aaaaaaaaaaaaaaaa", False),
        ("abc" * 100, False),
        ("with ADA@agency.example in", False),
    ],
)
def test_length_makes_a_password_strong(password, strong):
    if strong:
        assert decisions.require_strength(password, address="ada@agency.example") is None
        return
    with pytest.raises(refusals.PasswordWeak):
        decisions.require_strength(password, address="ada@agency.example")


def test_the_tenth_wrong_password_in_a_row_locks():
    failing = {**PERSON, "at": MONDAY}
    given_account(SET).when(decisions.fail, **failing).then(FAILED)
    given_account(SET, *[FAILED] * 9).when(decisions.fail, **failing).then(FAILED, LOCKED)
    given_account(SET, LOCKED).when(decisions.fail, **failing).then_nothing()


def test_wrong_passwords_are_forgotten_after_a_while_and_after_a_right_one():
    failing = {**PERSON, "at": TUESDAY}
    later = ae.SignInFailed(**PERSON, failed_at=TUESDAY)
    given_account(SET, *[FAILED] * 9).when(decisions.fail, **failing).then(later)
    nine = [later] * 9
    given_account(SET, *nine, SIGNED_IN).when(decisions.fail, **failing).then(later)


def test_only_the_password_in_force_signs_in_and_not_while_it_is_locked():
    given_account(SET).when(decisions.sign_in, **ENTERING, proven=FIRST).then(SIGNED_IN)
    given_account(SET).when(decisions.sign_in, **ENTERING, proven=NEXT).then_refused(
        refusals.PasswordWrong
    )
    locked = {**ENTERING, "at": SOON, "proven": FIRST}
    given_account(SET, LOCKED).when(decisions.sign_in, **locked).then_refused(
        refusals.PasswordWrong
    )


def test_a_provider_vouches_also_for_a_locked_account():
    entering = {**ENTERING, "at": SOON, "method": "oidc"}
    (event,) = given_account(SET, LOCKED).when(decisions.sign_in, **entering).take()
    assert event.method == "oidc"


def test_a_changed_password_ends_sessions_and_a_rehashed_one_does_not():
    changing = {**PERSON, "proven": FIRST, "password": NEXT, "at": TUESDAY}
    changed = given_account(SET).when(decisions.change, **changing, session="mine").take()
    rehashed = given_account(SET).when(decisions.rehash, **changing).take()
    after = state_after("account", SET, *changed)

    assert (after.password, after.honours("mine", MONDAY)) == (NEXT, True)
    assert not after.honours("other", MONDAY)
    assert after.honours("other", TUESDAY)
    assert state_after("account", SET, *rehashed).honours("other", MONDAY)
    given_account(SET, *rehashed).when(decisions.rehash, **changing).then_nothing()
    given_account(SET, *rehashed).when(decisions.change, **changing, session=None).then_refused(
        refusals.PasswordWrong
    )


def test_a_name_means_one_person_until_they_leave_it():
    claiming = {"name": "ref", "person": "p1", "method": "password", "at": MONDAY}
    (claimed,) = given_login().when(logins.claim, **claiming).take()
    given_login(claimed).when(logins.claim, **claiming).then_nothing()
    other = {**claiming, "person": "p2"}
    given_login(claimed).when(logins.claim, **other).then_refused(refusals.LoginTaken)
    assert given_login(claimed).when(logins.claim, **other, departed=True).take()
    leaving = {"name": "ref", "person": "p1", "at": TUESDAY}
    (released,) = given_login(claimed).when(logins.release, **leaving).take()
    given_login(claimed, released).when(logins.release, **leaving).then_nothing()
    assert given_login(claimed, released).when(logins.claim, **other).take()
