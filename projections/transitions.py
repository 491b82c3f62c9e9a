"""How each campaign came to its stage: who moved it, in what role, when and with what words."""

from datetime import datetime

import msgspec

from domain.campaign.events import CampaignEvent
from domain.envelope import Recorded
from projections.projection import Projection
from projections.stages import AGREE, Step, step


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """One step; `from` is None for the first, `version` the stream's version that made it."""

    action: str
    actor: str
    role: str | None
    at: datetime
    comment: str
    from_stage: str | None = msgspec.field(name="from")
    to_stage: str = msgspec.field(name="to")
    version: int


class Path(msgspec.Struct, frozen=True):
    """All the steps of a campaign, oldest first."""

    steps: tuple[Transition, ...]


def fold(path: Path | None, event: CampaignEvent, recorded: Recorded) -> Path | None:
    """Return the path with one more step; an edit is none.

    The last approval and what it led to are one step, because one person took it.
    """
    if (moved := step(event)) is None:
        return path
    walked = path.steps if path else ()
    if moved.action == "approve" and walked and _is_same(walked[-1], moved):
        walked = walked[:-1]
    transition = Transition(
        action=moved.action,
        actor=moved.actor or recorded.actor,
        role=moved.role,
        at=moved.at,
        comment=moved.comment,
        from_stage=walked[-1].to_stage if walked else None,
        to_stage=moved.to,
        version=recorded.version,
    )
    return Path((*walked, transition))


def _is_same(before: Transition, moved: Step) -> bool:
    return (before.action, before.actor, before.at) == (AGREE, moved.actor, moved.at)


TRANSITIONS = Projection(
    name="transitions", version=2, events=CampaignEvent, memory=Path, fold=fold
)
