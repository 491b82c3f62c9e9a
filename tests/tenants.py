"""The books of Acme: its people, roles and keys as many tests find them."""

from domain.tenant import events as te
from domain.tenant.permissions import Permission
from domain.tenant.roles import Actor
from tests.people import ACME, MONDAY

OWNER = Actor("ana", ("admin",), frozenset(Permission))  # may give anything
STAFF = Actor("hal", ("people",), frozenset({Permission.USER_READ, Permission.USER_WRITE}))

OPENED = te.TenantOpened(tenant=ACME, name="Acme", opened_at=MONDAY)
JOINED = te.PersonJoined(person="ana", name="Ana", roles=("marketer", "admin"), joined_at=MONDAY)
BEN_JOINED = te.PersonJoined(person="ben", name="Ben", roles=("manager",), joined_at=MONDAY)
LEGAL = te.RoleDefined(
    role="legal", permissions=("campaign:approve", "campaign:read"), defined_at=MONDAY
)
ISSUED = te.KeyIssued(key="ana-1", use="api", person="ana", secret_hash="ab" * 32, issued_at=MONDAY)
