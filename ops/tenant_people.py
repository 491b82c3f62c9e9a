"""`cx tenant people`: who works for a tenant and what they may do, now or on any day before.

Reads the event log itself, so it also works while nothing runs.
"""

from datetime import UTC, datetime, time, timedelta

import msgspec

from domain.identity import TenantId
from domain.tenant import Open
from domain.tenant.permissions import Permission
from ops.audit_proof import NothingRecorded, demand_log
from ops.audit_trail import LoggedTrail
from ops.data_dir import DataDir
from ops.obstacle import Obstacle
from ops.opened_names import OpenedNames
from ops.output import show_rows, tell
from ops.settings import Settings
from ops.wiring import opened_keys, opened_log
from read_api.people import having, person_shown

BRIEFLY = ("id", "name", "roles")


class BadMoment(Obstacle):
    """A moment is written as in RFC 3339, or is a whole day."""

    exit_code = 2


class NoSuchPermission(Obstacle):
    """Permissions are written as resource:verb."""

    exit_code = 2


async def people(
    *,
    permission: str | None,
    as_of: str | None,
    tenant: str | None,
    settings: Settings,
    as_json: bool,
) -> int:
    """Show the people who have (or then had) the permission; all of them without one."""
    if permission is not None and permission not in set(Permission):
        raise NoSuchPermission(f"{permission!r} is not one of {', '.join(Permission)}.")
    moment = None if as_of is None else moment_of(as_of)
    demand_log(settings)
    owner = TenantId(tenant or _first_tenant(settings))
    async with opened_log(settings) as log, opened_keys(settings) as keys:
        folded = await LoggedTrail(log).state(owner, f"tenant-{owner}", as_of=moment)
        if folded is None or not isinstance(folded.state, Open):
            raise NothingRecorded(f"There was no tenant {owner} then.")
        books, names = folded.state, OpenedNames(keys)
        chosen = sorted(having(books, permission).items())
        shown = [await person_shown(books, id_, person, names) for id_, person in chosen]
    rows = [msgspec.to_builtins(person) for person in shown]
    if not rows:
        tell("Nobody.")
    show_rows(
        rows if as_json else [{name: row[name] for name in BRIEFLY} for row in rows],
        as_json=as_json,
    )
    return 0


def moment_of(text: str) -> datetime:
    """Return the moment; a day alone means its last moment in UTC, so that all of it counts."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadMoment(f"{text!r} is not a moment such as 2026-03-02T09:00:00Z.") from None
    if "T" not in text.upper() and " " not in text:
        start = datetime.combine(moment.date(), time.min, UTC)
        return start + timedelta(days=1) - timedelta(microseconds=1)
    if moment.tzinfo is None:
        raise BadMoment(f"{text!r} does not name its offset: for UTC end it with Z.")
    return moment


def _first_tenant(settings: Settings) -> str:
    credentials = DataDir(settings.directory).read_credentials()
    if credentials is None:
        raise NothingRecorded("Say which tenant with --tenant.")
    return credentials.tenant
