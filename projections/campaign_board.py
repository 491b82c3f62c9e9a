"""The whole campaign as it is read, and the column of the board it stands in."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from domain.approvals import Missing, Requirement, Review, Vote, missing
from domain.campaign.brief import Brief, BudgetPlan, Offer, Targeting, content_hash
from domain.campaign.events import (
    ApprovalGiven,
    CampaignApproved,
    CampaignDrafted,
    CampaignEdited,
    CampaignEvent,
    CampaignScheduled,
    CampaignSubmitted,
)
from domain.envelope import Recorded
from domain.identity import PersonId
from projections.projection import Place, Projection
from projections.stages import step


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """Whose yes it is; `rules` are those it counts for, `reviews` what it vouches for."""

    approver: str
    role: str
    at: datetime
    rules: tuple[str, ...] = ()
    reviews: tuple[Review, ...] = ()
    comment: str = ""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign as the API answers it.

    `version` is its stream's version (the ETag), `position` the log's position of its newest
    event and `created` that of its first, which orders the board. `content_hash` is of the
    brief as it reads now; `approvals` are those that still hold; `requirements` are what the
    rules asked when it was submitted, and `missing` is what they still wait for. `comment` is
    that of the last transition, and `go_live_at` is None unless it is scheduled.
    """

    id: str
    name: str
    advertiser: str
    channels: tuple[str, ...]
    starts_at: datetime | None
    ends_at: datetime | None
    budget: BudgetPlan
    targeting: Targeting
    offers: tuple[Offer, ...]
    stage: str
    author: str
    last_editor: str
    go_live_at: datetime | None = None
    content_hash: str
    requirements: tuple[Requirement, ...] = ()
    approvals: tuple[Approval, ...] = ()
    missing: tuple[Missing, ...] = ()
    comment: str = ""
    version: int
    position: int
    created: int
    created_at: datetime
    updated_at: datetime


def fold(card: Card | None, event: CampaignEvent, recorded: Recorded) -> Card | None:
    """Return the card after one more event; what happens to an undrafted campaign is nothing."""
    match card, event:
        case None, CampaignDrafted():
            return _drafted(event, recorded)
        case Card(), CampaignEdited(editor=editor, brief=brief, edited_at=at):
            return replace(
                card,
                **_written(brief),
                last_editor=editor,
                version=recorded.version,
                position=recorded.position,
                updated_at=at,
            )
        case Card(), _:
            return _moved(card, event, recorded)
        case _:
            return card


def _drafted(event: CampaignDrafted, recorded: Recorded) -> Card:
    return Card(
        id=event.campaign,
        **_written(event.brief),
        stage="draft",
        author=event.author,
        last_editor=event.author,
        version=recorded.version,
        position=recorded.position,
        created=recorded.position,
        created_at=event.drafted_at,
        updated_at=event.drafted_at,
    )


def _moved(card: Card, event: CampaignEvent, recorded: Recorded) -> Card:
    if (moved := step(event)) is None:
        return card
    return replace(
        card,
        stage=moved.to,
        **_reviewed(card, event, moved.to),
        comment=moved.comment,
        go_live_at=_go_live_at(card, event, moved.to),
        version=recorded.version,
        position=recorded.position,
        updated_at=moved.at,
    )


def _reviewed(card: Card, event: CampaignEvent, stage: str) -> dict[str, Any]:
    """Return what is asked, given and missing; what was asked stays to be read once approved."""
    match event:
        case CampaignSubmitted(requirements=pinned):
            asked = () if pinned is UNSET else pinned
            return {"requirements": asked, "approvals": (), "missing": missing(asked, ())}
        case ApprovalGiven():
            approvals = (*card.approvals, _approval(event))
            return {
                "approvals": approvals,
                "missing": missing(card.requirements, _votes(approvals)),
            }
        case CampaignApproved(approver=approver, role=role, approved_at=at, comment=comment):
            last = Approval(approver=approver, role=role, at=at, comment=comment)
            known = any(given.approver == approver for given in card.approvals)
            approvals = card.approvals if known else (*card.approvals, last)
            return {"approvals": approvals, "missing": ()}
        case _ if stage in {"draft", "rejected"}:
            return {"requirements": (), "approvals": (), "missing": ()}
        case _:
            return {}


def _approval(event: ApprovalGiven) -> Approval:
    return Approval(
        approver=event.approver,
        role=event.role,
        at=event.given_at,
        rules=event.rules,
        reviews=event.reviews,
        comment=event.comment,
    )


def _votes(approvals: tuple[Approval, ...]) -> list[Vote]:
    return [
        Vote(approver=PersonId(given.approver), rules=given.rules, reviews=given.reviews)
        for given in approvals
    ]


def _go_live_at(card: Card, event: CampaignEvent, stage: str) -> datetime | None:
    match event:
        case CampaignScheduled(go_live_at=at):
            return at
        case _:
            return card.go_live_at if stage in {"scheduled", "paused"} else None


def _written(brief: Brief) -> dict[str, Any]:
    return {**msgspec.structs.asdict(brief), "content_hash": content_hash(brief)}


CAMPAIGN_BOARD = Projection(
    name="campaign_board",
    version=2,
    events=CampaignEvent,
    memory=Card,
    fold=fold,
    place=lambda card: Place(card.stage, card.created),
)
