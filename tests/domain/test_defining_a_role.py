import pytest

from domain.tenant import decisions, refusals
from domain.tenant.events import PersonJoined, RoleDefined, RoleRemoved
from tests.people import MONDAY, TUESDAY
from tests.spec import given_tenant
from tests.tenants import JOINED, LEGAL, OPENED, OWNER, STAFF

DEFINING = {"role": "legal", "permissions": LEGAL.permissions, "by": OWNER, "at": MONDAY}


def test_a_role_is_defined_once():
    given_tenant(OPENED).when(decisions.define_role, **DEFINING).then(LEGAL)
    shuffled = {**DEFINING, "permissions": ("campaign:read", "campaign:approve", "campaign:read")}
    given_tenant(OPENED, LEGAL).when(decisions.define_role, **shuffled).then_nothing()


def test_a_role_may_give_something_else_later():
    given_tenant(OPENED, LEGAL).when(
        decisions.define_role, **{**DEFINING, "permissions": ("campaign:read",), "at": TUESDAY}
    ).then(RoleDefined(role="legal", permissions=("campaign:read",), defined_at=TUESDAY))


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"role": "admin"}, refusals.RoleBuiltIn),
        ({"role": "Legal"}, refusals.RoleNameInvalid),
        ({"role": ""}, refusals.RoleNameInvalid),
        ({"role": "l" * 33}, refusals.RoleNameInvalid),
        ({"role": "legal\n"}, refusals.RoleNameInvalid),
        ({"permissions": ("campaign:burn",)}, refusals.PermissionUnknown),
        ({"by": STAFF}, refusals.PermissionExceeded),
    ],
)
def test_a_role_must_make_sense_and_not_exceed_its_author(wrong, refusal):
    given_tenant(OPENED).when(decisions.define_role, **{**DEFINING, **wrong}).then_refused(refusal)


def test_someone_with_less_may_make_a_role_smaller():
    smaller = {**DEFINING, "permissions": ("campaign:read",), "by": STAFF}
    assert given_tenant(OPENED, LEGAL).when(decisions.define_role, **smaller).take()


def test_a_role_is_removed_when_nobody_holds_it():
    removing = {"role": "legal", "at": TUESDAY}
    held = PersonJoined(person="cy", name="Cy", roles=("legal",), joined_at=MONDAY)
    given_tenant(OPENED, LEGAL).when(decisions.remove_role, **removing).then(
        RoleRemoved(role="legal", removed_at=TUESDAY)
    )
    given_tenant(OPENED, LEGAL, held).when(decisions.remove_role, **removing).then_refused(
        refusals.RoleInUse
    )
    given_tenant(OPENED, JOINED).when(decisions.remove_role, **removing).then_refused(
        refusals.NoSuchRole
    )
    given_tenant(OPENED).when(decisions.remove_role, role="admin", at=MONDAY).then_refused(
        refusals.RoleBuiltIn
    )
