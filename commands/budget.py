"""What may be asked of a budget: allocate it, record what was spent."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import msgspec

from commands.desk import Desk
from commands.ledger import SNAPSHOT_EVERY, Ledger, Long
from commands.transact import Asking, Outcome, transact
from domain.budget import UNALLOCATED, Budget, BudgetEvent, evolve
from domain.budget.decisions import Terms, Usage, allocate, spend
from domain.budget.folding import LONG, fold
from domain.identity import CampaignId
from domain.money import Money
from migrations.events import EventDecoder

# People's requests bring references and reservation names of their own, which count once.
BUDGETS: Ledger[Budget, BudgetEvent] = Ledger(
    "budget",
    UNALLOCATED,
    evolve,
    EventDecoder(BudgetEvent),
    remembers=16,
    snapshot_every=SNAPSHOT_EVERY,
    long=Long(EventDecoder(LONG), fold),
)


class AllocateBudget(msgspec.Struct, frozen=True, kw_only=True):
    campaign: CampaignId
    total: Money
    daily: Money | None
    campaign_version: int
    time_zone: str = "UTC"
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class RecordSpend(msgspec.Struct, frozen=True, kw_only=True):
    """All that one range of facts cost one campaign in one currency, by quarter hours.

    The quarters come together because the range is counted once or not at all.
    """

    campaign: CampaignId
    currency: str
    usages: Sequence[Usage]
    partition: int
    first: int
    last: int


async def allocate_budget(command: AllocateBudget, *, asking: Asking, desk: Desk) -> Outcome:
    """Set what the campaign's brief says may be spent."""
    at = desk.clock.now()
    terms = Terms(
        command.total, command.daily, command.time_zone, command.starts_at, command.ends_at
    )
    decision = partial(
        allocate,
        campaign=command.campaign,
        terms=terms,
        campaign_version=command.campaign_version,
        at=at,
    )
    return await transact(desk, BUDGETS, command.campaign, decision, asking=asking, at=at)


async def record_spend(command: RecordSpend, *, asking: Asking, desk: Desk) -> Outcome:
    """Count a range of billed impressions, once."""
    at = desk.clock.now()
    decision = partial(
        spend,
        currency=command.currency,
        usages=command.usages,
        partition=command.partition,
        first=command.first,
        last=command.last,
        at=at,
    )
    return await transact(desk, BUDGETS, command.campaign, decision, asking=asking, at=at)
