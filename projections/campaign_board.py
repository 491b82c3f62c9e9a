"""The whole campaign as it is read, and the column of the board it stands in."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.campaign.brief import Brief, BudgetPlan, Offer, Targeting, content_hash
from domain.campaign.events import (
    CampaignApproved,
    CampaignDrafted,
    CampaignEdited,
    CampaignEvent,
    CampaignScheduled,
)
from domain.envelope import Recorded
from projections.projection import Place, Projection
from projections.stages import step


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    approver: str
    role: str
    at: datetime


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign as the API answers it.

    `version` is its stream's version (the ETag), `position` the log's position of its newest
    event and `created` that of its first, which orders the board. `content_hash` is of the
    brief as it reads now; `approvals` are those that still hold; `comment` is that of the
    last transition, and `go_live_at` is None unless it is scheduled.
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
    approvals: tuple[Approval, ...] = ()
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
    match event:
        case CampaignApproved(approver=approver, role=role, approved_at=at):
            approvals = (*card.approvals, Approval(approver=approver, role=role, at=at))
        case _ if moved.to in {"draft", "in_review", "rejected"}:
            approvals = ()
        case _:
            approvals = card.approvals
    return replace(
        card,
        stage=moved.to,
        approvals=approvals,
        comment=moved.comment,
        go_live_at=_go_live_at(card, event, moved.to),
        version=recorded.version,
        position=recorded.position,
        updated_at=moved.at,
    )


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
    events=CampaignEvent,
    memory=Card,
    fold=fold,
    place=lambda card: Place(card.stage, card.created),
)
