"""`cx audit causation`: the same tree as the API tells, from the log alone, while nothing runs."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from domain.identity import TenantId
from ops.audit import owner_of
from ops.audit_proof import NothingRecorded, demand_log
from ops.output import show_json, show_rows
from ops.settings import Settings
from ops.wiring import opened_log
from projections.causation import CAUSED_MAX, Led, with_event
from projections.ports import EventFeed
from read_api.causation import Command, traced

BATCH = 2_000


class ReadLinks:
    """The links of one tenant's commands, found by reading its whole log."""

    def __init__(self) -> None:
        self._commands: dict[str, Led] = {}
        self._caused: defaultdict[str, dict[str, None]] = defaultdict(dict)

    async def read(self, feed: EventFeed, tenant: TenantId) -> None:
        """Take in all that was recorded so far."""
        position = 0
        while batch := await feed.after(position, limit=BATCH):
            position = batch[-1].position
            for recorded in batch:
                if recorded.tenant != tenant:
                    continue
                command = recorded.command_id
                self._commands[command] = with_event(self._commands.get(command), recorded)
                if recorded.causation_id is not None:
                    self._caused[recorded.causation_id][command] = None

    async def command(self, _tenant: TenantId, command_id: str) -> Led | None:
        return self._commands.get(command_id)

    async def caused_by(self, _tenant: TenantId, event_id: str) -> Sequence[Led]:
        names = list(self._caused.get(event_id, ()))[:CAUSED_MAX]
        return [self._commands[name] for name in names]


async def causation(id_: str, *, tenant: str | None, settings: Settings, as_json: bool) -> int:
    """Show what followed from a command or an event."""
    demand_log(settings)
    owner = owner_of(tenant, settings)
    links = ReadLinks()
    async with opened_log(settings) as log:
        await links.read(log, owner)
    tree = await traced(links, owner, id_)
    if tree is None:
        raise NothingRecorded(f"No command and no event {id_} of {owner} led to anything.")
    if as_json:
        show_json(msgspec.to_builtins(tree), indent=False)
    else:
        show_rows(_lines(tree.commands, 0), as_json=False)
    return 0


def _lines(commands: Sequence[Command], depth: int) -> list[dict[str, object]]:
    """Return an event a line, further in the later it followed."""
    return [
        line
        for command in commands
        for consequence in command.events
        for line in (
            {
                "what happened": "  " * depth + consequence.event.kind,
                "stream": consequence.event.stream,
                "version": consequence.event.version,
                "recorded at": consequence.event.recorded_at.isoformat(timespec="milliseconds")[
                    :23
                ],
                "actor": command.actor,
                "event": consequence.event.event_id,
            },
            *_lines(consequence.caused, depth + 1),
        )
    ]
