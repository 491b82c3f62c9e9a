import pytest

from domain.tenant import decisions, refusals
from domain.tenant.events import SettingsChanged, TenantOpened
from tests.people import ACME, MONDAY, TUESDAY
from tests.spec import given_tenant
from tests.tenants import JOINED, OPENED

MOVED = SettingsChanged(name="Acme", currency="EUR", time_zone="Europe/Berlin", changed_at=TUESDAY)
MOVING = {"name": "Acme", "currency": "EUR", "time_zone": "Europe/Berlin", "at": TUESDAY}


def test_a_tenant_is_opened_once():
    opening = {"tenant_id": ACME, "name": "Acme", "at": MONDAY}
    given_tenant().when(decisions.open_tenant, **opening).then(OPENED)
    given_tenant(OPENED).when(decisions.open_tenant, **opening).then_nothing()


def test_two_agencies_cannot_share_an_id():
    given_tenant(OPENED).when(
        decisions.open_tenant, tenant_id=ACME, name="Other", at=MONDAY
    ).then_refused(refusals.TenantAlreadyOpen)


@pytest.mark.parametrize("tenant_id", ["", "Acme", "a.b", "a" * 33, "a-b", "system", "acme\n"])
def test_an_id_that_would_break_a_name_elsewhere_is_refused(tenant_id):
    given_tenant().when(
        decisions.open_tenant, tenant_id=tenant_id, name="Acme", at=MONDAY
    ).then_refused(refusals.TenantIdInvalid)


def test_an_agency_has_dollars_and_utc_until_it_says_otherwise():
    books = given_tenant(OPENED).state
    assert (books.currency, books.time_zone) == ("USD", "UTC")
    given_tenant(OPENED).when(decisions.change_settings, **MOVING).then(MOVED)
    given_tenant(OPENED, MOVED).when(decisions.change_settings, **MOVING).then_nothing()
    books = given_tenant(OPENED, MOVED).state
    assert (books.currency, books.time_zone, books.settings_version) == ("EUR", "Europe/Berlin", 2)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"currency": "EURO"}, "/currency"),
        ({"currency": "XAU"}, "/currency"),
        ({"currency": "eur"}, "/currency"),
        ({"time_zone": "Berlin"}, "/time_zone"),
        ({"time_zone": "../etc/passwd"}, "/time_zone"),
        ({"time_zone": "+02:00"}, "/time_zone"),
    ],
)
def test_currencies_and_time_zones_must_exist(wrong, pointer):
    refused = (
        given_tenant(OPENED)
        .when(decisions.change_settings, **{**MOVING, **wrong})
        .then_refused(refusals.SettingsWrong)
    )
    assert [error.pointer for error in refused.errors] == [pointer]


def test_everything_that_happened_is_counted():
    assert given_tenant(OPENED, JOINED, MOVED, OPENED).state.version == 4


def test_nothing_is_changed_in_a_tenant_that_was_never_opened():
    given_tenant().when(decisions.change_settings, **MOVING).then_refused(refusals.TenantUnknown)


def test_what_was_recorded_before_there_were_settings_reads_as_before():
    assert TenantOpened(tenant=ACME, name="Acme", opened_at=MONDAY) == OPENED
