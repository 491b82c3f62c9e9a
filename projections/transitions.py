"""How each campaign came to its stage: who moved it, in what role, when and with what words."""

from datetime import datetime

import msgspec


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """One step; `from` is None for the first, `version` the stream's version that made it."""

    action: str
    actor: str
    role: str | None
    at: datetime
    comment: str | None
    from_stage: str | None = msgspec.field(name="from")
    to_stage: str = msgspec.field(name="to")
    version: int
