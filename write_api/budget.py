"""Budgets over HTTP: refunds, corrections, reservations, the pacing curve, shared budgets."""

from datetime import date, datetime
from typing import Annotated
from urllib.parse import quote

import msgspec
from litestar import post, put
from litestar.params import FromPath
from litestar.types import ASGIApp

from commands.budget_adjustments import CorrectBudget, RefundBudget, correct_budget, refund_budget
from commands.budget_pacing import SetPacing, set_budget_pacing
from commands.budget_reservations import (
    CommitReservation,
    ReleaseReservation,
    ReserveBudget,
    commit_reservation,
    release_reservation,
    reserve_budget,
)
from domain.budget.amounts import SignedMoney
from domain.budget.pacing import Curve
from domain.identity import CampaignId
from domain.money import Money
from domain.tenant.permissions import Permission
from write_api.bodies import read_as
from write_api.commanding import Answer, Receipt, asking, commander_of
from write_api.preconditions import expected_version
from write_api.problems import AnyRequest

TAGS = ["Budgets"]
REFERENCE_MAX = 128

ReasonText = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Reference = Annotated[str, msgspec.Meta(min_length=1, max_length=REFERENCE_MAX)]
Name = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9._~-]{1,64}$")]


class Refund(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Money that came back; the same `reference` again counts once."""

    amount: Money
    reason: ReasonText
    reference: Reference


class Correction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What recorded spend was wrong by, signed; `on` names the day it was recorded on.

    With a `reference` the same correction counts once, without one each request does.
    """

    amount: SignedMoney
    reason: ReasonText
    on: date | None = None
    reference: Reference | None = None


class Reserving(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Money to set aside until a time at most a day ahead; the caller names the reservation."""

    reservation: Name
    amount: Money
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)]


class Committing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was spent of the reservation: all of it, or less."""

    amount: Money | None = None


class Releasing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing needs to be said."""


@post(
    "/v1/budgets/{campaign:str}/refunds",
    status_code=200,
    tags=TAGS,
    opt={"permission": Permission.BILLING_WRITE, "body": Refund, "answer": Receipt},
)
async def post_refund(request: AnyRequest, campaign: FromPath[str]) -> ASGIApp:
    """Count a refund: less is spent, and a campaign that had run out may bid again."""
    commander = commander_of(request)
    body = await read_as(request, Refund)
    outcome = await refund_budget(
        RefundBudget(
            campaign=CampaignId(campaign),
            amount=body.amount,
            reason=body.reason,
            reference=body.reference,
        ),
        asking=asking(request, commander.caller, body),
        desk=commander.desk,
    )
    return Answer(outcome, status=200)


@post(
    "/v1/budgets/{campaign:str}/corrections",
    status_code=200,
    tags=TAGS,
    opt={"permission": Permission.BILLING_WRITE, "body": Correction, "answer": Receipt},
)
async def post_correction(request: AnyRequest, campaign: FromPath[str]) -> ASGIApp:
    """Correct what was recorded as spent, up or down."""
    commander = commander_of(request)
    body = await read_as(request, Correction)
    outcome = await correct_budget(
        CorrectBudget(
            campaign=CampaignId(campaign),
            amount=body.amount,
            reason=body.reason,
            on=body.on,
            reference=body.reference,
        ),
        asking=asking(request, commander.caller, body),
        desk=commander.desk,
    )
    return Answer(outcome, status=200)


@post(
    "/v1/budgets/{campaign:str}/reservations",
    tags=TAGS,
    opt={"permission": Permission.BILLING_WRITE, "body": Reserving, "answer": Receipt},
)
async def post_reservation(request: AnyRequest, campaign: FromPath[str]) -> ASGIApp:
    """Set money aside; more than is left is refused with what is left."""
    commander = commander_of(request)
    body = await read_as(request, Reserving)
    outcome = await reserve_budget(
        ReserveBudget(
            campaign=CampaignId(campaign),
            reservation=body.reservation,
            amount=body.amount,
            expires_at=body.expires_at,
        ),
        asking=asking(request, commander.caller, body),
        desk=commander.desk,
    )
    address = f"/v1/budgets/{quote(campaign, safe='')}/reservations/{body.reservation}"
    return Answer(outcome, status=201, location=address)


@post(
    "/v1/budgets/{campaign:str}/reservations/{reservation:str}/commit",
    status_code=200,
    tags=TAGS,
    opt={"permission": Permission.BILLING_WRITE, "body": Committing, "answer": Receipt},
)
async def post_commit(
    *,
    request: AnyRequest,
    campaign: FromPath[str],
    reservation: FromPath[str],
) -> ASGIApp:
    """Spend a reservation, or part of it; the rest is free again."""
    commander = commander_of(request)
    body = await read_as(request, Committing)
    outcome = await commit_reservation(
        CommitReservation(
            campaign=CampaignId(campaign), reservation=reservation, amount=body.amount
        ),
        asking=asking(request, commander.caller, body),
        desk=commander.desk,
    )
    return Answer(outcome, status=200)


@post(
    "/v1/budgets/{campaign:str}/reservations/{reservation:str}/release",
    status_code=200,
    tags=TAGS,
    opt={"permission": Permission.BILLING_WRITE, "body": Releasing, "answer": Receipt},
)
async def post_release(
    *,
    request: AnyRequest,
    campaign: FromPath[str],
    reservation: FromPath[str],
) -> ASGIApp:
    """Give a reservation back unspent."""
    commander = commander_of(request)
    body = await read_as(request, Releasing)
    outcome = await release_reservation(
        ReleaseReservation(campaign=CampaignId(campaign), reservation=reservation),
        asking=asking(request, commander.caller, body),
        desk=commander.desk,
    )
    return Answer(outcome, status=200)


@put(
    "/v1/budgets/{campaign:str}/pacing",
    tags=TAGS,
    opt={"permission": Permission.BILLING_WRITE, "body": Curve, "answer": Receipt},
)
async def put_pacing(request: AnyRequest, campaign: FromPath[str]) -> ASGIApp:
    """Choose how spend is spread over the flight; If-Match is the budget's ETag.

    What was spent since that was read does not matter, another choice of curve does.
    """
    commander = commander_of(request)
    expected = expected_version(request, required=True)
    curve = await read_as(request, Curve)
    outcome = await set_budget_pacing(
        SetPacing(campaign=CampaignId(campaign), curve=curve),
        asking=asking(request, commander.caller, curve),
        desk=commander.desk,
        expected_version=expected,
    )
    return Answer(outcome, status=200)
