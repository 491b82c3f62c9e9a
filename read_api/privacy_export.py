"""The lines of an export: a format of ours, one JSON object a line, told apart by `type`."""

from datetime import datetime
from typing import Any

import msgspec

FORMAT = "campaign-express-export/1"


class ExportHeader(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="header"):
    """Whom and what this is about; comes first. `facts` counts those that follow, by kind."""

    format: str
    request: str
    tenant: str
    subject: str
    players: tuple[str, ...]
    ref: str
    generated_at: datetime
    facts: dict[str, int]
    notes: tuple[str, ...]


class ExportEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="event"):
    """A recorded event about the person; in `data` what was sealed is opened."""

    stream: str
    version: int
    kind: str
    recorded_at: datetime
    actor: str
    data: Any


class ExportView(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="view"):
    """A row of a read model kept under the person's reference, opened likewise."""

    view: str
    row: Any


class ExportFact(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="fact"):
    """Something observed: a pixel and such; columns as in the table `facts`.

    `partition` and `seq` say which message of the raw streams holds the same for up to 3 days.
    """

    row: dict[str, Any]


class ExportEnd(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="end"):
    """How many lines of each type there were; comes last, or the export broke off."""

    lines: dict[str, int]


ExportLine = ExportHeader | ExportEvent | ExportView | ExportFact | ExportEnd
