"""All that can be asked, recorded, refused, allowed and shown here, told by the code itself.

`python -m ops.catalogue > ops/catalog.md` writes it down.
"""

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from types import ModuleType
from typing import Any, get_args, get_type_hints

import msgspec

import commands
from domain.event import Event
from domain.tenant.permissions import GIVEN, Permission
from migrations.events import UPCASTERS, ancestors_of
from ops.api_problems import mishaps
from ops.audit_trail import LEDGERS
from ops.event_schemas import kinds as event_kinds
from ops.event_schemas import schema_of
from projections.catalogue import PROJECTIONS
from projections.projection import kinds as kinds_read
from read_api.catalog import (
    Catalogue,
    CommandEntry,
    EventEntry,
    PermissionEntry,
    ProjectionEntry,
    RefusalEntry,
)

HEAD = """\
# What there is: commands, events, projections, permissions, refusals

Made from the code by `python -m ops.catalogue > ops/catalog.md`, and a test keeps it so. The API
shows the same at `/catalog`, and with the JSON Schemas of events and commands at `/catalog.json`.

"""


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Return everything, each part by name."""
    return Catalogue(
        commands=sorted(_commands(), key=lambda entry: (entry.name, entry.handler)),
        events=[_event(kind, event) for kind, event in sorted(event_kinds().items())],
        projections=[_projection(name) for name in sorted(PROJECTIONS)],
        permissions=[_permission(permission) for permission in Permission],
        refusals=[RefusalEntry(m.code, m.status, m.sentence) for m in mishaps()],
    )


class ThisVersion:
    """Satisfies `Catalogued`."""

    def whole(self) -> Catalogue:
        """Return the catalogue, made the first time that somebody asks."""
        return catalogue()


def table() -> str:
    """Return the catalogue as the tables of `ops/catalog.md`."""
    whole = catalogue()
    return "\n".join(
        (
            *_section("Commands", ("command", "what it does", "fields"), (
                (f"`{c.name}`", c.summary, _ticked(c.fields)) for c in whole.commands
            )),
            *_section("Events", ("kind", "what happened", "fields", "read by"), (
                (f"`{e.kind}`", e.summary, _ticked(e.fields), ", ".join(e.projections))
                for e in whole.events
            )),
            *_section("Projections", ("view", "version", "what it shows", "reads"), (
                (f"`{p.name}`", str(p.version), p.summary, f"{len(p.kinds)} kinds")
                for p in whole.projections
            )),
            *_section("Permissions", ("permission", "built-in roles that have it"), (
                (f"`{p.permission}`", ", ".join(p.roles)) for p in whole.permissions
            )),
            *_section("Refusals", ("status", "code", "what it says"), (
                (str(r.status), f"`{r.code}`", r.sentence) for r in whole.refusals
            )),
        )
    )  # fmt: skip


def _section(
    title: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]
) -> Iterator[str]:
    yield f"## {title}\n"
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _ticked(names: Iterable[str]) -> str:
    return " ".join(f"`{name}`" for name in names)


def _commands() -> Iterator[CommandEntry]:
    """Yield each command that some handler takes as its first argument."""
    for module in pkgutil.iter_modules(commands.__path__, "commands."):
        yield from _asked_in(importlib.import_module(module.name))


def _asked_in(module: ModuleType) -> Iterator[CommandEntry]:
    for name, handler in inspect.getmembers(module, inspect.iscoroutinefunction):
        if handler.__module__ != module.__name__ or name.startswith("_"):
            continue
        asked = get_type_hints(handler).get("command")
        for command in get_args(asked) or (asked,):
            if isinstance(command, type) and issubclass(command, msgspec.Struct):
                yield CommandEntry(
                    name=command.__name__,
                    handler=f"{module.__name__}.{name}",
                    summary=_first_sentence(handler.__doc__),
                    fields=list(command.__struct_fields__),
                    schema=_json_schema(command),
                )


def _event(kind: str, event: type[Event]) -> EventEntry:
    return EventEntry(
        kind=kind,
        summary=_first_sentence(event.__doc__) or _spelt(event.__name__),
        fields=list(event.__struct_fields__),
        succeeded=sorted(ancestors_of([kind]) - {kind}),
        aggregates=sorted(name for name, ledger in LEDGERS.items() if kind in ledger.decoder.kinds),
        projections=sorted(
            name for name, projection in PROJECTIONS.items() if kind in kinds_read(projection)
        ),
        schema=schema_of(event),
    )


def _projection(name: str) -> ProjectionEntry:
    projection = PROJECTIONS[name]
    module = sys.modules[projection.fold.__module__]
    return ProjectionEntry(
        name=name,
        version=projection.version,
        summary=_first_sentence(module.__doc__),
        on_poison=projection.on_poison,
        kinds=sorted(kinds_read(projection) - set(UPCASTERS)),
    )


def _permission(permission: Permission) -> PermissionEntry:
    roles = sorted(str(role) for role, given in GIVEN.items() if permission in given)
    return PermissionEntry(permission=str(permission), roles=roles)


def _json_schema(shape: type[msgspec.Struct]) -> dict[str, Any]:
    schema: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(shape)))
    return schema


def _first_sentence(words: str | None) -> str:
    paragraph = " ".join((words or "").strip().partition("\n\n")[0].split())
    return paragraph.replace("|", "\\|")


def _spelt(name: str) -> str:
    """Return an event's name as the sentence it is: `StarsEarned` says that stars were earned."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return words.strip().capitalize() + "."


if __name__ == "__main__":
    import ops.api_app  # noqa: F401 - every refusal is registered once the app is imported

    sys.stdout.write(HEAD + table())
