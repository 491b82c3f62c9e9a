"""Opening a tenant with an admin, an approver and four keys; the keys' texts are told once."""

import re
import uuid

import msgspec

from adapters.clock import SystemClock
from commands.desk import Desk
from commands.keys import fresh_text
from commands.ports import EventLog
from commands.tenant import NewKey, OpenTenant, Person, open_tenant_books
from commands.transact import Asking, command_id_of, fingerprint_of
from domain.identity import KeyId, PersonId, TenantId
from domain.tenant.roles import Role
from ops.data_dir import DataDir
from ops.obstacle import Obstacle
from ops.settings import Settings
from ops.wiring import opened_log

ADMIN, APPROVER, OPERATOR = PersonId("admin"), PersonId("approver"), PersonId("operator")
TENANT_CHARS_MAX = 32


class BadTenantName(Obstacle):
    """A tenant's id is made of the letters and digits of its name, and there are none."""


class TenantExists(Obstacle):
    """Opening it again would hand out keys to somebody else's books."""


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """A new tenant's keys: two people's, an exchange's and a site's."""

    tenant: TenantId
    admin_key: str
    approver_key: str
    exchange_key: str
    site_key: str


def fresh_keys(name: str) -> Keys:
    """Return new keys for a tenant whose id is made from its name."""
    tenant = re.sub(r"[^a-z0-9]", "", name.lower())[:TENANT_CHARS_MAX]
    if not tenant:
        raise BadTenantName(f"The name {name!r} has no letter a-z and no digit to make an id of.")
    return Keys(
        tenant=TenantId(tenant),
        admin_key=fresh_text("admin"),
        approver_key=fresh_text("approver"),
        exchange_key=fresh_text("exchange"),
        site_key=fresh_text("site"),
    )


async def open_books(keys: Keys, *, name: str, request: str, log: EventLog) -> None:
    """Record the tenant; the same request again changes nothing."""
    command = OpenTenant(name=name, people=_people(), keys=_issued(keys))
    asking = Asking(
        tenant=keys.tenant,
        person=OPERATOR,
        roles=(Role.ADMIN,),
        command_id=command_id_of(keys.tenant, request),
        fingerprint=fingerprint_of("open-tenant", command),
        correlation_id=request,
    )
    await open_tenant_books(command, asking=asking, desk=Desk(log, SystemClock()))


async def create(name: str, settings: Settings) -> Keys:
    """Open one more tenant on an installation, running or not."""
    DataDir(settings.directory).create()
    keys = fresh_keys(name)
    async with opened_log(settings) as log:
        if await log.read(keys.tenant, f"tenant-{keys.tenant}"):
            raise TenantExists(f"The tenant {keys.tenant} exists already: choose another name.")
        await open_books(keys, name=name, request=f"create-{uuid.uuid4()}", log=log)
    return keys


def _people() -> list[Person]:
    approving = (Role.MANAGER, Role.DIRECTOR, Role.COMPLIANCE)
    return [
        Person(person=ADMIN, name="Admin", roles=(Role.ADMIN, Role.MARKETER)),
        Person(person=APPROVER, name="Approver", roles=approving),
    ]


def _issued(keys: Keys) -> list[NewKey]:
    return [
        NewKey(key=KeyId("admin"), use="api", text=keys.admin_key, person=ADMIN),
        NewKey(key=KeyId("approver"), use="api", text=keys.approver_key, person=APPROVER),
        NewKey(key=KeyId("exchange"), use="exchange", text=keys.exchange_key),
        NewKey(key=KeyId("site"), use="site", text=keys.site_key),
    ]
