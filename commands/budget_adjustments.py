"""What finance may ask of a budget: count a refund, correct what was recorded."""

from datetime import date
from functools import partial

import msgspec

from commands.budget import BUDGETS
from commands.desk import Desk
from commands.transact import Asking, Outcome, transact
from domain.budget.adjustments import correct, refund
from domain.budget.amounts import SignedMoney
from domain.identity import CampaignId
from domain.money import Money


class RefundBudget(msgspec.Struct, frozen=True, kw_only=True):
    campaign: CampaignId
    amount: Money
    reason: str
    reference: str


class CorrectBudget(msgspec.Struct, frozen=True, kw_only=True):
    """Without a reference the request itself is what counts once."""

    campaign: CampaignId
    amount: SignedMoney
    reason: str
    on: date | None = None
    reference: str | None = None


async def refund_budget(command: RefundBudget, *, asking: Asking, desk: Desk) -> Outcome:
    """Count money that came back, once for each reference."""
    at = desk.clock.now()
    decision = partial(
        refund, amount=command.amount, reason=command.reason, reference=command.reference, at=at
    )
    return await transact(desk, BUDGETS, command.campaign, decision, asking=asking, at=at)


async def correct_budget(command: CorrectBudget, *, asking: Asking, desk: Desk) -> Outcome:
    """Change what was recorded as spent."""
    at = desk.clock.now()
    decision = partial(
        correct,
        amount=command.amount,
        on=command.on,
        reason=command.reason,
        reference=command.reference or asking.command_id,
        at=at,
    )
    return await transact(desk, BUDGETS, command.campaign, decision, asking=asking, at=at)
