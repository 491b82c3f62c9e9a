"""The published JSON Schema of every event ever shipped, frozen beside the upcasters.

`python -m ops.event_schemas` publishes what is new, and refuses what could no longer be read.
"""

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

import domain
from domain.event import Event
from migrations.events import UPCASTERS
from migrations.events.compatibility import Schema, breaks

PUBLISHED = Path(__file__).parents[1] / "migrations/events/schemas"


def kinds() -> dict[str, type[Event]]:
    """Return every kind of event that is written today, by its wire tag."""
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(module.name)
    return {
        str(event.__struct_config__.tag): event
        for event in sorted(_descendants(Event), key=lambda event: event.__name__)
        if event.__module__.startswith("domain.") and "." in str(event.__struct_config__.tag)
    }


def schema_of(event: type[Event]) -> Schema:
    """Return an event's JSON Schema (2020-12), without words that may be put better one day."""
    schema = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(event)))
    wordless: Schema = _wordless(schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **wordless}


def published(where: Path = PUBLISHED) -> dict[str, Schema]:
    """Return the schemas as they were published, by kind."""
    return {path.stem: json.loads(path.read_bytes()) for path in sorted(where.glob("*.json"))}


def objections(before: dict[str, Schema], now: dict[str, Schema]) -> list[str]:
    """Return a sentence for each change after which recorded events could not be read."""
    gone = [
        f"{kind} is gone: name what succeeded it in migrations/events/upcasters.py"
        for kind in before
        if kind not in now and kind not in UPCASTERS
    ]
    unread = [
        f"{kind}: {why}; ship the next version and an upcaster"
        for kind in before
        if kind in now
        for why in breaks(before[kind], now[kind])
    ]
    return gone + unread


def text_of(schema: Schema) -> str:
    """Return a schema as its file holds it."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def publish(where: Path = PUBLISHED) -> list[str]:
    """Write the schemas of today unless one breaks what was published; return the objections."""
    now = {kind: schema_of(event) for kind, event in kinds().items()}
    if found := objections(published(where), now):
        return found
    where.mkdir(exist_ok=True)
    for kind, schema in now.items():
        (where / f"{kind}.json").write_text(text_of(schema))
    return []


def _wordless(schema: Any) -> Any:  # noqa: ANN401 - any JSON
    match schema:
        case dict():
            return {
                name: _wordless(part)
                for name, part in schema.items()
                if name != "description" or not isinstance(part, str)
            }
        case list():
            return [_wordless(part) for part in schema]
        case _:
            return schema


def _descendants(event: type[Event]) -> Iterator[type[Event]]:
    for child in event.__subclasses__():
        yield child
        yield from _descendants(child)


if __name__ == "__main__":
    refused = publish()
    for sentence in refused:
        sys.stderr.write(f"{sentence}\n")
    sys.exit(1 if refused else 0)
