"""What a campaign's budget recorded that its shared budgets must count."""

from commands.budget import BUDGETS
from commands.desk import Desk
from domain.budget.events import (
    BudgetCorrected,
    BudgetRefunded,
    BudgetSpent,
    ReservationCommitted,
    ReservationExpired,
    ReservationReleased,
)
from domain.identity import CampaignId, TenantId
from domain.shared_budget.decisions import Tally
from domain.shared_budget.events import Sum


async def tally_of(desk: Desk, tenant: TenantId, campaign: CampaignId, *, after: int) -> Tally:
    """Return what happened to the campaign's money past the version `after` of its budget."""
    history = await desk.log.read(tenant, BUDGETS.stream(campaign), after=after)
    sums: list[Sum] = []
    ended: list[str] = []
    for recorded in history:
        match BUDGETS.decoder.decode(recorded.data):
            case BudgetSpent(amount=amount, on=on):
                sums.append(Sum(micros=amount.micros, on=on))
            case BudgetCorrected(amount=change, on=corrected_on):
                sums.append(Sum(micros=change.micros, on=corrected_on))
            case BudgetRefunded(amount=amount):
                sums.append(Sum(micros=-amount.micros))
            case ReservationCommitted(amount=amount, on=on, reservation=reservation):
                sums.append(Sum(micros=amount.micros, on=on))
                ended.append(reservation)
            case ReservationReleased(reservation=reservation):
                ended.append(reservation)
            case ReservationExpired(reservation=reservation):
                ended.append(reservation)
            case _:
                continue  # It moved no money.
    through = history[-1].version if history else after
    return Tally(campaign, after, through, tuple(sums), tuple(ended))
