import pytest

from domain.tenant import decisions
from domain.tenant.events import KeyIssued, KeyRevoked, PersonJoined, TenantOpened
from tests.people import ACME, ANA, MONDAY
from tests.spec import given_tenant

OPENED = TenantOpened(tenant=ACME, name="Acme", opened_at=MONDAY)
JOINED = PersonJoined(person=ANA.person, name="Ana", roles=ANA.roles, joined_at=MONDAY)
ISSUED = KeyIssued(
    key="ana-1", use="api", person=ANA.person, secret_hash="ab" * 32, issued_at=MONDAY
)
ISSUING = {
    "key": "ana-1",
    "use": "api",
    "person": ANA.person,
    "secret_hash": "ab" * 32,
    "at": MONDAY,
}


def test_a_tenant_is_opened_once():
    opening = {"tenant_id": ACME, "name": "Acme", "at": MONDAY}
    given_tenant().when(decisions.open_tenant, **opening).then(OPENED)
    given_tenant(OPENED).when(decisions.open_tenant, **opening).then_nothing()


def test_two_agencies_cannot_share_an_id():
    given_tenant(OPENED).when(
        decisions.open_tenant, tenant_id=ACME, name="Other", at=MONDAY
    ).then_refused(decisions.TenantAlreadyOpen)


@pytest.mark.parametrize("tenant_id", ["", "Acme", "a.b", "a" * 33, "a-b", "system", "acme\n"])
def test_an_id_that_would_break_a_name_elsewhere_is_refused(tenant_id):
    given_tenant().when(
        decisions.open_tenant, tenant_id=tenant_id, name="Acme", at=MONDAY
    ).then_refused(decisions.TenantIdInvalid)


def test_people_join_with_roles_that_exist():
    joining = {"person": ANA.person, "name": "Ana", "at": MONDAY}
    given_tenant(OPENED).when(decisions.join, **joining, roles=ANA.roles).then(JOINED)
    given_tenant(OPENED, JOINED).when(decisions.join, **joining, roles=ANA.roles).then_nothing()
    given_tenant(OPENED).when(decisions.join, **joining, roles=("king",)).then_refused(
        decisions.RoleUnknown
    )


def test_joining_again_replaces_the_roles():
    (event,) = (
        given_tenant(OPENED, JOINED)
        .when(decisions.join, person=ANA.person, name="Ana", roles=("director",), at=MONDAY)
        .take()
    )
    assert given_tenant(OPENED, JOINED, event).state.people[ANA.person].roles == ("director",)


def test_a_key_is_issued_to_someone_known():
    given_tenant(OPENED, JOINED).when(decisions.issue_key, **ISSUING).then(ISSUED)
    given_tenant(OPENED, JOINED, ISSUED).when(decisions.issue_key, **ISSUING).then_nothing()
    given_tenant(OPENED).when(decisions.issue_key, **ISSUING).then_refused(decisions.PersonUnknown)
    given_tenant(OPENED).when(decisions.issue_key, **{**ISSUING, "person": None}).then_refused(
        decisions.KeyHolderMissing
    )


def test_keys_of_exchanges_and_sites_belong_to_nobody():
    (event,) = (
        given_tenant(OPENED)
        .when(decisions.issue_key, **{**ISSUING, "use": "exchange", "person": None})
        .take()
    )
    assert event.person is None


def test_a_key_id_is_not_issued_for_another_secret():
    given_tenant(OPENED, JOINED, ISSUED).when(
        decisions.issue_key, **{**ISSUING, "secret_hash": "cd" * 32}
    ).then_refused(decisions.KeyTaken)


def test_a_key_is_revoked_once():
    revoking = {"key": "ana-1", "at": MONDAY}
    revoked = KeyRevoked(key="ana-1", revoked_at=MONDAY)
    given_tenant(OPENED, JOINED, ISSUED).when(decisions.revoke_key, **revoking).then(revoked)
    given_tenant(OPENED, JOINED, ISSUED, revoked).when(
        decisions.revoke_key, **revoking
    ).then_nothing()
    given_tenant(OPENED).when(decisions.revoke_key, **revoking).then_refused(decisions.KeyUnknown)


def test_nothing_happens_in_a_tenant_that_was_never_opened():
    given_tenant().when(decisions.issue_key, **ISSUING).then_refused(decisions.TenantUnknown)
