from datetime import timedelta

import pytest

from domain.tenant import decisions, refusals
from domain.tenant.events import KeyExpirySet, KeyIssued, KeyRevoked, PersonJoined
from domain.tenant.terms import KeyTerms, Secret
from tests.people import FRIDAY, MONDAY, TUESDAY, WEDNESDAY
from tests.spec import given_tenant
from tests.tenants import BEN_JOINED, ISSUED, JOINED, OPENED, OWNER, STAFF

SECRET, OTHER = Secret(hash="ab" * 32), Secret(hash="cd" * 32, prefix="cx_api_cdcdcd")
ANAS = KeyTerms(person="ana")
ISSUING = {"key": "ana-1", "terms": ANAS, "secret": SECRET, "by": OWNER, "at": MONDAY}
REVOKED = KeyRevoked(key="ana-1", revoked_at=MONDAY)
DAY = timedelta(days=1)


def issuing(**changes):
    return {**ISSUING, "terms": KeyTerms(**{"person": "ana", **changes})}


def test_a_key_is_issued_to_someone_known():
    given_tenant(OPENED, JOINED).when(decisions.issue_key, **ISSUING).then(ISSUED)
    given_tenant(OPENED, JOINED, ISSUED).when(decisions.issue_key, **ISSUING).then_nothing()
    given_tenant(OPENED).when(decisions.issue_key, **ISSUING).then_refused(refusals.PersonUnknown)
    given_tenant(OPENED).when(decisions.issue_key, **issuing(person=None)).then_refused(
        refusals.KeyHolderMissing
    )


def test_keys_of_exchanges_and_sites_belong_to_nobody():
    machine = issuing(person=None, use="exchange")
    (event,) = given_tenant(OPENED).when(decisions.issue_key, **machine).take()
    assert event.person is None


@pytest.mark.parametrize("more", [{"scopes": ("campaign:read",)}, {"rate_per_minute": 5}])
def test_a_machines_key_has_neither_scopes_nor_a_rate(more):
    machine = issuing(person=None, use="site", **more)
    given_tenant(OPENED).when(decisions.issue_key, **machine).then_refused(refusals.KeyOfMachine)


def test_a_key_id_is_not_issued_for_another_secret():
    given_tenant(OPENED, JOINED, ISSUED).when(
        decisions.issue_key, **{**ISSUING, "secret": OTHER}
    ).then_refused(refusals.KeyTaken)


def test_scopes_narrow_what_the_holder_may():
    scoped = issuing(scopes=("campaign:read", "billing:read", "campaign:read"))
    (event,) = given_tenant(OPENED, JOINED).when(decisions.issue_key, **scoped).take()
    assert event.scopes == ("billing:read", "campaign:read")
    books = given_tenant(OPENED, JOINED, event).state
    assert books.allowed_with(books.keys["ana-1"]) == {"billing:read", "campaign:read"}


def test_scopes_are_permissions():
    given_tenant(OPENED, JOINED).when(
        decisions.issue_key, **issuing(scopes=("everything",))
    ).then_refused(refusals.PermissionUnknown)


def test_nobody_issues_a_key_that_may_more_than_themselves():
    given = given_tenant(OPENED, JOINED)
    for more in ({}, {"scopes": ("campaign:write",)}):
        given.when(decisions.issue_key, **{**issuing(**more), "by": STAFF}).then_refused(
            refusals.PermissionExceeded
        )
    assert given.when(decisions.issue_key, **{**issuing(scopes=("user:read",)), "by": STAFF}).take()


def test_a_key_stays_within_what_its_maker_may_when_its_holder_rises():
    cy = PersonJoined(person="cy", name="Cy", roles=(), joined_at=MONDAY)
    (event,) = (
        given_tenant(OPENED, JOINED, cy)
        .when(decisions.issue_key, **{**issuing(person="cy"), "by": STAFF})
        .take()
    )
    risen = PersonJoined(person="cy", name="Cy", roles=("admin",), joined_at=TUESDAY)
    books = given_tenant(OPENED, JOINED, cy, event, risen).state
    assert books.allowed_with(books.keys["ana-1"]) == {"user:read", "user:write"}


def test_a_key_expires_in_the_future():
    given = given_tenant(OPENED, JOINED)
    given.when(decisions.issue_key, **issuing(expires_at=MONDAY)).then_refused(
        refusals.KeyExpiryPast
    )
    (event,) = given.when(decisions.issue_key, **issuing(expires_at=TUESDAY)).take()
    key = given_tenant(OPENED, JOINED, event).state.keys["ana-1"]
    assert [key.opens(at) for at in (MONDAY, TUESDAY, WEDNESDAY)] == [True, False, False]


def test_a_key_is_revoked_once():
    revoking = {"key": "ana-1", "at": MONDAY}
    given_tenant(OPENED, JOINED, ISSUED).when(decisions.revoke_key, **revoking).then(REVOKED)
    given_tenant(OPENED, JOINED, ISSUED, REVOKED).when(
        decisions.revoke_key, **revoking
    ).then_nothing()
    given_tenant(OPENED).when(decisions.revoke_key, **revoking).then_refused(refusals.KeyUnknown)


def rotated(*history, grace=DAY, at=MONDAY, by=OWNER):
    return given_tenant(OPENED, JOINED, BEN_JOINED, *history).when(
        decisions.rotate_key,
        key="ana-1",
        successor="ana-2",
        secret=OTHER,
        grace=grace,
        by=by,
        at=at,
    )


def test_a_successor_has_the_same_terms_while_the_old_key_still_opens():
    terms = {"scopes": ("campaign:read",), "label": "reports", "rate_per_minute": 60}
    old = KeyIssued(
        key="ana-1", use="api", person="ana", secret_hash="ab" * 32, issued_at=MONDAY, **terms
    )
    rotated(old).then(
        KeyExpirySet(key="ana-1", expires_at=TUESDAY, set_at=MONDAY),
        KeyIssued(
            key="ana-2",
            use="api",
            person="ana",
            secret_hash=OTHER.hash,
            prefix=OTHER.prefix,
            issued_at=MONDAY,
            replaces="ana-1",
            **terms,
        ),
    )


def test_without_grace_the_old_key_is_revoked_at_once():
    revoked, issued = rotated(ISSUED, grace=timedelta(0)).take()
    assert (revoked, issued.key) == (REVOKED, "ana-2")


def test_a_key_that_lasts_two_days_is_followed_by_one_that_lasts_two_days():
    old = KeyIssued(
        key="ana-1",
        use="api",
        person="ana",
        secret_hash="ab" * 32,
        issued_at=MONDAY,
        expires_at=WEDNESDAY,
    )
    ends, issued = rotated(old, grace=7 * DAY, at=TUESDAY).take()
    assert (ends.expires_at, issued.expires_at) == (WEDNESDAY, TUESDAY + 2 * DAY)
    rotated(old, at=FRIDAY).then_refused(refusals.KeyNotInForce)


def test_only_what_one_may_oneself_is_rotated_into_ones_hands():
    rotated(ISSUED, by=STAFF).then_refused(refusals.PermissionExceeded)
    rotated(ISSUED, REVOKED).then_refused(refusals.KeyNotInForce)
    rotated().then_refused(refusals.KeyUnknown)


def test_a_key_expires_when_its_time_is_over_and_not_before():
    ends = KeyExpirySet(key="ana-1", expires_at=WEDNESDAY, set_at=MONDAY)
    given = given_tenant(OPENED, JOINED, ISSUED, ends)
    given.when(decisions.expire_key, key="ana-1", at=TUESDAY).then_nothing()
    given.when(decisions.expire_key, key="ana-1", at=WEDNESDAY).then(
        KeyRevoked(key="ana-1", revoked_at=WEDNESDAY, why="expired")
    )
    given_tenant(OPENED, JOINED, ISSUED, ends, REVOKED).when(
        decisions.expire_key, key="ana-1", at=FRIDAY
    ).then_nothing()


def test_nothing_happens_to_keys_of_a_tenant_that_was_never_opened():
    given_tenant().when(decisions.issue_key, **ISSUING).then_refused(refusals.TenantUnknown)
