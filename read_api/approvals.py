"""Campaigns in review that somebody can still move, each with what it waits for (FR-WKF-008)."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency as Given
from litestar.exceptions import NotFoundException
from litestar.params import QueryParameter

from domain.campaign.authority import may, role_of_approver
from domain.identity import PersonId, TenantId
from domain.tenant.permissions import Permission
from domain.tenant.roles import Actor
from projections.access import Holder
from projections.campaign_board import Card
from projections.people import People
from projections.views import PAGE_MAX, BadCursor, CampaignBoard, Page, Positions
from read_api.parameters import (
    LIMIT_DEFAULT,
    Cursor,
    Limit,
    Listed,
    Token,
    bad_cursor,
    caught_up,
)

ME = "me"
Approver = Annotated[
    str,
    QueryParameter(min_length=1, max_length=128, description="`me`, or a person of the agency"),
]


@get("/v1/approvals", tags=["Workflow"], opt={"permission": Permission.CAMPAIGN_READ})
async def approvals(
    *,
    caller: Given[Holder],
    board: Given[CampaignBoard],
    people: Given[People],
    positions: Given[Positions],
    approver: Approver,
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
    token: Token = None,
) -> Response[Listed[Card]]:
    """List the campaigns in review that this person can still move, newest first.

    `missing` of each says who still has to approve what.
    """
    headers = await caught_up(positions, "campaign_board", token)
    tenant = TenantId(caller.tenant)
    reviewer = actor_of(caller) if approver == ME else await _somebody(people, tenant, approver)
    page = await _waiting(board, tenant, reviewer, limit=limit, cursor=cursor)
    return Response(Listed([*page.cards], page.next), headers=headers)


def actor_of(caller: Holder) -> Actor:
    """Return the caller as the domain knows whoever asks."""
    return Actor(PersonId(caller.person or ""), caller.roles, caller.permissions)


def can_move(reviewer: Actor, card: Card) -> bool:
    """Tell whether an approval by this person would still bring the campaign forward.

    They neither wrote nor last edited it, and hold the role of something that is missing,
    which they have not approved yet or of which a review can still be vouched for.
    """
    if reviewer.person in {card.author, card.last_editor} or not may(reviewer, role_of_approver):
        return False
    if not card.requirements:
        return True
    counted = {
        rule
        for given in card.approvals
        if given.approver == reviewer.person
        for rule in given.rules
    }
    return any(
        still.role in reviewer.roles and (still.rule not in counted or bool(still.reviews))
        for still in card.missing
    )


async def _somebody(people: People, tenant: TenantId, person: str) -> Actor:
    books = await people.of(tenant)
    known = None if books is None else books.people.get(PersonId(person))
    if books is None or known is None:
        raise NotFoundException(
            detail="There is no such person in this agency.", extra={"code": "person_unknown"}
        )
    return Actor(PersonId(person), known.roles, books.allowed_to(PersonId(person)))


async def _waiting(
    board: CampaignBoard, tenant: TenantId, reviewer: Actor, *, limit: int, cursor: str | None
) -> Page:
    """Return a full page unless the list ends; only what is in review is ever looked at."""
    found: list[Card] = []
    while len(found) <= limit:
        try:
            page = await board.cards(tenant, stage="in_review", limit=PAGE_MAX, cursor=cursor)
        except BadCursor:
            raise bad_cursor() from None
        found += [card for card in page.cards if can_move(reviewer, card)]
        if (cursor := page.next) is None:
            break
    return Page(found[:limit], str(found[limit - 1].created) if len(found) > limit else None)
