"""Which workflow steps the console offers: a hint for people, the domain alone decides."""

from typing import NamedTuple

from domain.tenant.roles import ANY_ROLE, APPROVING, AUTHORING, Role
from projections.access import Holder
from projections.campaign_board import Card


class Step(NamedTuple):
    """One of the ten actions (FR-WKF-002), and who may take it."""

    action: str
    label: str
    roles: tuple[Role, ...]


SUBMIT = Step("submit", "Submit for review", AUTHORING)
APPROVE = Step("approve", "Approve", APPROVING)
REJECT = Step("reject", "Reject", APPROVING)
REQUEST_CHANGES = Step("request-changes", "Request changes", APPROVING)
SCHEDULE = Step("schedule", "Schedule", APPROVING)
GO_LIVE = Step("go-live", "Go live", APPROVING)
PAUSE = Step("pause", "Pause", ANY_ROLE)
RESUME = Step("resume", "Resume", ANY_ROLE)
COMPLETE = Step("complete", "Complete", ANY_ROLE)
ARCHIVE = Step("archive", "Archive", ANY_ROLE)

STAGES: dict[str, tuple[Step, ...]] = {
    "draft": (SUBMIT,),
    "in_review": (APPROVE, REJECT, REQUEST_CHANGES),
    "approved": (GO_LIVE, SCHEDULE),
    "scheduled": (GO_LIVE, PAUSE),
    "live": (PAUSE, COMPLETE),
    "paused": (RESUME, COMPLETE),
    "completed": (ARCHIVE,),
    "rejected": (SUBMIT,),
    "archived": (),
}


def offered(caller: Holder, card: Card) -> list[Step]:
    """Return the steps that the stage and the caller's roles allow."""
    return [step for step in STAGES[card.stage] if _may(caller, card, step)]


def _may(caller: Holder, card: Card, step: Step) -> bool:
    own = step is APPROVE and caller.person in {card.author, card.last_editor}
    return not own and any(role in caller.roles for role in step.roles)
