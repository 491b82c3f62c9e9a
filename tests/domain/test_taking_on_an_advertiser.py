import pytest

from domain.tenant import decisions, refusals
from domain.tenant.events import AdvertiserAdded, AdvertiserChanged
from tests.people import MONDAY, TUESDAY
from tests.spec import given_tenant
from tests.tenants import OPENED

FLOWERS = {
    "advertiser": "flowers",
    "name": "Flowers Ltd",
    "currency": "EUR",
    "time_zone": "Europe/Berlin",
    "at": MONDAY,
}
PLACE = {"currency": "EUR", "time_zone": "Europe/Berlin"}
ADDED = AdvertiserAdded(advertiser="flowers", name="Flowers Ltd", **PLACE, added_at=MONDAY)


def test_an_advertiser_is_taken_on_once():
    given_tenant(OPENED).when(decisions.record_advertiser, **FLOWERS).then(ADDED)
    given_tenant(OPENED, ADDED).when(decisions.record_advertiser, **FLOWERS).then_nothing()


def test_what_is_not_said_is_as_the_agency_has_it():
    unsaid = {**FLOWERS, "currency": None, "time_zone": None}
    (event,) = given_tenant(OPENED).when(decisions.record_advertiser, **unsaid).take()
    assert (event.currency, event.time_zone) == ("USD", "UTC")


def test_an_advertiser_moves():
    moving = {**FLOWERS, "time_zone": "Europe/Lisbon", "at": TUESDAY}
    given_tenant(OPENED, ADDED).when(decisions.record_advertiser, **moving).then(
        AdvertiserChanged(
            advertiser="flowers",
            name="Flowers Ltd",
            currency="EUR",
            time_zone="Europe/Lisbon",
            changed_at=TUESDAY,
        )
    )


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"advertiser": "Flowers"}, refusals.AdvertiserIdInvalid),
        ({"advertiser": "-f"}, refusals.AdvertiserIdInvalid),
        ({"advertiser": ""}, refusals.AdvertiserIdInvalid),
        ({"advertiser": "f" * 65}, refusals.AdvertiserIdInvalid),
        ({"advertiser": "flowers\n"}, refusals.AdvertiserIdInvalid),
        ({"currency": "DEM"}, refusals.SettingsWrong),
        ({"time_zone": "Europe/Atlantis"}, refusals.SettingsWrong),
    ],
)
def test_an_advertiser_must_make_sense(wrong, refusal):
    given_tenant(OPENED).when(decisions.record_advertiser, **{**FLOWERS, **wrong}).then_refused(
        refusal
    )


def test_a_tenant_that_was_never_opened_has_no_advertisers():
    given_tenant().when(decisions.record_advertiser, **FLOWERS).then_refused(refusals.TenantUnknown)
