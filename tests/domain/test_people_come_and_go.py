import pytest

from domain.tenant import decisions, refusals
from domain.tenant.events import KeyIssued, KeyRevoked, PersonJoined, PersonLeft, RoleRemoved
from domain.tenant.roles import Actor
from domain.tenant.terms import Sealed
from tests.people import MONDAY, TUESDAY
from tests.spec import given_tenant
from tests.tenants import BEN_JOINED, ISSUED, JOINED, LEGAL, OPENED, OWNER, STAFF

ANA = Sealed(name="Ana")
JOINING = {"person": "ana", "known_as": ANA, "by": OWNER, "at": MONDAY}
LEFT = PersonLeft(person="ben", left_at=TUESDAY)
BEN_ADMIN = PersonJoined(person="ben", name="Ben", roles=("admin",), joined_at=MONDAY)


def test_people_join_with_roles_that_exist():
    roles = JOINED.roles
    given_tenant(OPENED).when(decisions.join, **JOINING, roles=roles).then(JOINED)
    given_tenant(OPENED, JOINED).when(decisions.join, **JOINING, roles=roles).then_nothing()
    given_tenant(OPENED).when(decisions.join, **JOINING, roles=("king",)).then_refused(
        refusals.RoleUnknown
    )


def test_joining_again_replaces_the_roles_and_keeps_the_first_day():
    history = (OPENED, BEN_ADMIN, JOINED)
    (event,) = (
        given_tenant(*history)
        .when(decisions.join, **{**JOINING, "at": TUESDAY}, roles=("director",))
        .take()
    )
    ana = given_tenant(*history, event).state.people["ana"]
    assert (ana.roles, ana.joined_at, ana.version) == (("director",), MONDAY, 4)


def test_a_change_says_only_what_is_to_be_another():
    given = given_tenant(OPENED, JOINED, BEN_JOINED)
    changing = {"person": "ben", "by": OWNER, "at": TUESDAY}
    given.when(decisions.change_person, **changing).then_nothing()
    given.when(decisions.change_person, **changing, roles=("director",)).then(
        PersonJoined(person="ben", name="Ben", roles=("director",), joined_at=TUESDAY)
    )
    benno = Sealed(name="Benno", email="benno@acme.example", ref="r1")
    given.when(decisions.change_person, **changing, known_as=benno).then(
        PersonJoined(
            person="ben",
            name="Benno",
            email="benno@acme.example",
            ref="r1",
            roles=("manager",),
            joined_at=TUESDAY,
        )
    )


@pytest.mark.parametrize("decision", [decisions.change_person, decisions.leave])
def test_nobody_unknown_is_changed_or_let_go(decision):
    circumstances = {"person": "zoe", "at": MONDAY}
    if decision is decisions.change_person:
        circumstances["by"] = OWNER
    given_tenant(OPENED, JOINED).when(decision, **circumstances).then_refused(
        refusals.PersonUnknown
    )


def test_nobody_gives_a_role_that_exceeds_their_own_permissions():
    given = given_tenant(OPENED, JOINED, BEN_JOINED, LEGAL)
    for roles in (("admin",), ("manager", "legal"), ("director",)):
        refused = given.when(
            decisions.change_person, person="ben", roles=roles, by=STAFF, at=MONDAY
        ).then_refused(refusals.PermissionExceeded)
        assert "campaign:approve" in refused.details["permissions"]


def test_what_someone_holds_already_is_not_given_again():
    given_tenant(OPENED, JOINED, BEN_JOINED).when(
        decisions.change_person, person="ben", known_as=Sealed(name="Benno"), by=STAFF, at=MONDAY
    ).then(PersonJoined(person="ben", name="Benno", roles=("manager",), joined_at=MONDAY))


def test_someone_who_leaves_takes_their_keys_along():
    bens = KeyIssued(key="ben-1", use="api", person="ben", secret_hash="cd" * 32, issued_at=MONDAY)
    bens_old = KeyIssued(
        key="ben-0", use="api", person="ben", secret_hash="ef" * 32, issued_at=MONDAY
    )
    gone = KeyRevoked(key="ben-0", revoked_at=MONDAY)
    given = given_tenant(OPENED, JOINED, BEN_JOINED, ISSUED, bens_old, gone, bens)
    left = given.when(decisions.leave, person="ben", at=TUESDAY)
    left.then(KeyRevoked(key="ben-1", revoked_at=TUESDAY, why="holder_left"), LEFT)
    after = given_tenant(OPENED, BEN_JOINED, bens, *left.take()).state
    assert after.allowed_with(after.keys["ben-1"]) == frozenset()


def test_the_last_admin_neither_leaves_nor_loses_the_role():
    given = given_tenant(OPENED, JOINED, BEN_JOINED)
    given.when(decisions.leave, person="ana", at=MONDAY).then_refused(refusals.LastAdmin)
    given.when(
        decisions.change_person, person="ana", roles=("marketer",), by=OWNER, at=MONDAY
    ).then_refused(refusals.LastAdmin)
    two = given_tenant(OPENED, JOINED, BEN_ADMIN)
    assert two.when(decisions.leave, person="ana", at=MONDAY).take()


def test_an_own_role_gives_what_it_says_until_it_is_removed():
    cy = PersonJoined(person="cy", name="Cy", roles=("legal",), joined_at=MONDAY)
    history = (OPENED, JOINED, LEGAL, cy)
    assert given_tenant(*history).state.allowed_to("cy") == {"campaign:approve", "campaign:read"}
    removed = RoleRemoved(role="legal", removed_at=TUESDAY)
    assert given_tenant(*history, removed).state.allowed_to("cy") == frozenset()


def test_a_mail_address_moves_only_by_the_hand_of_one_who_may_as_much():
    moved = Sealed(name="Ana", email="elsewhere")
    changing = {"known_as": moved, "mail_moves": True, "at": MONDAY}
    given = given_tenant(OPENED, JOINED, BEN_JOINED)
    given.when(decisions.change_person, person="ana", by=STAFF, **changing).then_refused(
        refusals.PermissionExceeded
    )
    assert given.when(decisions.change_person, person="ben", by=OWNER, **changing).take()
    ben = Actor("ben", ("manager",), frozenset({"user:write"}))
    assert given.when(decisions.change_person, person="ben", by=ben, **changing).take()
