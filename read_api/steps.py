"""Which workflow steps the console offers: a hint for people, the domain alone decides."""

from collections.abc import Callable
from typing import NamedTuple

from domain.approvals import Review
from domain.campaign.authority import (
    may,
    role_of_anyone,
    role_of_approver,
    role_of_launcher,
    role_of_marketer,
)
from domain.tenant.roles import Actor
from projections.access import Holder
from projections.campaign_board import Card
from read_api.approvals import actor_of, can_move


class Step(NamedTuple):
    """One of the ten actions (FR-WKF-002), and the authority that the domain asks of it."""

    action: str
    label: str
    authority: Callable[[Actor], str]


SUBMIT = Step("submit", "Submit for review", role_of_marketer)
APPROVE = Step("approve", "Approve", role_of_approver)
REJECT = Step("reject", "Reject", role_of_approver)
REQUEST_CHANGES = Step("request-changes", "Request changes", role_of_approver)
SCHEDULE = Step("schedule", "Schedule", role_of_launcher)
GO_LIVE = Step("go-live", "Go live", role_of_launcher)
PAUSE = Step("pause", "Pause", role_of_anyone)
RESUME = Step("resume", "Resume", role_of_anyone)
COMPLETE = Step("complete", "Complete", role_of_anyone)
ARCHIVE = Step("archive", "Archive", role_of_anyone)

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
    """Return the steps that the stage, the caller's permissions and what is missing allow."""
    actor = actor_of(caller)
    return [step for step in STAGES[card.stage] if _may(actor, card, step)]


def vouchable(caller: Holder, card: Card) -> list[Review]:
    """Return the reviews that nobody vouched for yet, and that the caller's approval could."""
    wanted = [
        review for still in card.missing if still.role in caller.roles for review in still.reviews
    ]
    return list(dict.fromkeys(wanted))


def _may(actor: Actor, card: Card, step: Step) -> bool:
    return can_move(actor, card) if step is APPROVE else may(actor, step.authority)
