"""The catalogue: every command, event, projection, permission and refusal there is."""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import msgspec
from litestar import Response
from litestar.di import NamedDependency as Given
from litestar.handlers import get

from projections.access import Holder
from read_api.pages import page


class CommandEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What may be asked; `schema` is the JSON Schema of what the handler takes."""

    name: str
    handler: str
    summary: str
    fields: list[str]
    schema: dict[str, Any]


class EventEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What may have happened; `succeeded` are older kinds that are read as this one."""

    kind: str
    summary: str
    fields: list[str]
    succeeded: list[str]
    aggregates: list[str]
    projections: list[str]
    schema: dict[str, Any]


class ProjectionEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A view, and the kinds of events it is made of."""

    name: str
    version: int
    summary: str
    on_poison: str
    kinds: list[str]


class PermissionEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What may be given, and the built-in roles that have it."""

    permission: str
    roles: list[str]


class RefusalEntry(NamedTuple):
    """What may be answered instead: a problem's code, its HTTP status, the sentence."""

    code: str
    status: int
    sentence: str


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, each part by name."""

    commands: list[CommandEntry]
    events: list[EventEntry]
    projections: list[ProjectionEntry]
    permissions: list[PermissionEntry]
    refusals: list[RefusalEntry]


@runtime_checkable
class Catalogued(Protocol):
    """The catalogue of this version of the program."""

    def whole(self) -> Catalogue: ...


@get("/catalog.json", include_in_schema=False, opt={"permission": None})
async def catalog_document(catalogued: Given[Catalogued]) -> Response[bytes]:
    """Answer the catalogue with the JSON Schemas of events and commands."""
    whole = catalogued.whole()
    refusals = [refusal._asdict() for refusal in whole.refusals]
    shown = {**msgspec.structs.asdict(whole), "refusals": refusals}
    return Response(msgspec.json.encode(shown), media_type="application/json")


@get("/catalog", include_in_schema=False, opt={"permission": None})
async def catalog_page(
    visitor: Given[Holder | None], catalogued: Given[Catalogued]
) -> Response[str]:
    """Show the catalogue to people."""
    return page("catalog.html", caller=visitor, catalogue=catalogued.whole())
