"""What followed from a command: its events, what these made processes do, and so on."""

from collections.abc import Sequence
from typing import Protocol

import msgspec
from litestar import get
from litestar.di import NamedDependency as Given
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from domain.identity import TenantId
from domain.tenant.permissions import Permission
from projections.access import Holder
from projections.causation import CAUSED_MAX, Causes, Happened, Led
from projections.views import Positions
from read_api.parameters import Token, caught_up

DEPTH_MAX = 16
COMMANDS_MAX = 500


class Command(msgspec.Struct, kw_only=True):
    """A command, who asked for it (a person or a process), and its events, oldest first."""

    command_id: str
    actor: str
    correlation_id: str
    causation_id: str | None
    events: list["Consequence"]


class Consequence(msgspec.Struct, kw_only=True):
    """An event, and the commands that it caused."""

    event: Happened
    caused: list[Command]


class Tree(msgspec.Struct, frozen=True, kw_only=True):
    """All that followed; `truncated` when there was more than one answer holds.

    `of` is the id that was asked about; asked about an event, `commands` are what it caused.
    """

    of: str
    commands: list[Command]
    truncated: bool


class Links(Protocol):
    """As `Causes`, wherever they are kept."""

    async def command(self, tenant: TenantId, command_id: str) -> Led | None: ...

    async def caused_by(self, tenant: TenantId, event_id: str) -> Sequence[Led]: ...


@get("/v1/audit/causation/{cause:str}", tags=["Audit"], opt={"permission": Permission.SYSTEM_READ})
async def audit_causation(
    *,
    cause: FromPath[str],
    caller: Given[Holder],
    causes: Given[Causes],
    positions: Given[Positions],
    token: Token = None,
) -> Tree:
    """Read what followed from a command, or from an event, by its id."""
    await caught_up(positions, "causation", token)
    tree = await traced(causes, TenantId(caller.tenant), cause)
    if tree is None:
        raise NotFoundException(
            detail="No command and no event of this id led to anything.",
            extra={"code": "nothing_caused"},
        )
    return tree


async def traced(links: Links, tenant: TenantId, id_: str) -> Tree | None:
    """Follow the links from a command or an event, breadth first; None where none begins.

    No command is told twice, so a circle, which no writer of ours makes, ends.
    """
    led = await links.command(tenant, id_)
    first = [led] if led else await links.caused_by(tenant, id_)
    if not first:
        return None
    roots = [_told(each) for each in first]
    seen = {root.command_id for root in roots}
    level, truncated = roots, len(roots) >= CAUSED_MAX
    for _ in range(DEPTH_MAX):
        level, cut = await _following(links, tenant, level, seen)
        truncated = truncated or cut
        if not level:
            return Tree(of=id_, commands=roots, truncated=truncated)
    return Tree(of=id_, commands=roots, truncated=True)


async def _following(
    links: Links, tenant: TenantId, level: list[Command], seen: set[str]
) -> tuple[list[Command], bool]:
    """Hang what each event of a level caused below it; return that, and whether some was cut."""
    following: list[Command] = []
    for consequence in (each for command in level for each in command.events):
        if len(seen) >= COMMANDS_MAX:
            return following, True
        caused = await links.caused_by(tenant, consequence.event.event_id)
        fresh = [led for led in caused if led.command_id not in seen]
        seen.update(led.command_id for led in fresh)
        consequence.caused = [_told(led) for led in fresh]
        following += consequence.caused
        if len(caused) >= CAUSED_MAX:
            return following, True
    return following, False


def _told(led: Led) -> Command:
    return Command(
        command_id=led.command_id,
        actor=led.actor,
        correlation_id=led.correlation_id,
        causation_id=led.causation_id,
        events=[Consequence(event=event, caused=[]) for event in led.events],
    )
