"""Money that comes back and sums that were wrong: refunds and corrections of what was spent."""

import datetime as dt

from domain.budget.alarms import with_alarms
from domain.budget.amounts import SignedMoney
from domain.budget.days import day_of
from domain.budget.decisions import in_currency
from domain.budget.events import BudgetCorrected, BudgetEvent, BudgetRefunded
from domain.budget.state import Allocated, Budget
from domain.money import Money
from domain.refusal import FieldError, Reason, Refusal


class MoreThanSpent(Refusal, reason=Reason.UNTIMELY):
    """That is more than was spent: what was spent cannot fall below nothing."""


class ReferenceTaken(Refusal, reason=Reason.UNTIMELY):
    """This reference already stands for a refund or correction of another amount."""


class AmountWrong(Refusal, reason=Reason.MALFORMED):
    """The amount is not one that this can be done with."""


class DayWrong(Refusal, reason=Reason.MALFORMED):
    """Spend can only be corrected on a day that has begun."""


def refund(
    budget: Budget, *, amount: Money, reason: str, reference: str, at: dt.datetime
) -> list[BudgetEvent]:
    """Take back what a refund returned; its reference counts once."""
    budget = in_currency(budget, amount.currency)
    if amount.micros == 0:
        raise AmountWrong(FieldError("/amount/micros", "Refund more than nothing"))
    if _known(budget, reference, -amount.micros):
        return []
    if amount.micros > budget.spent_micros:
        raise MoreThanSpent(spent_micros=str(budget.spent_micros))
    refunded = BudgetRefunded(
        campaign=budget.campaign,
        amount=amount,
        reason=reason,
        reference=reference,
        refunded_at=at,
    )
    return with_alarms(budget, [refunded], at=at)


def correct(
    budget: Budget,
    *,
    amount: SignedMoney,
    on: dt.date | None,
    reason: str,
    reference: str,
    at: dt.datetime,
) -> list[BudgetEvent]:
    """Change what was recorded as spent, in all and on a day when one is named."""
    budget = in_currency(budget, amount.currency)
    if amount.micros == 0:
        raise AmountWrong(FieldError("/amount/micros", "A correction changes something"))
    if _known(budget, reference, amount.micros):
        return []
    if on is not None and on > day_of(at, budget.time_zone):
        raise DayWrong(FieldError("/on", "This day has not begun yet"))
    if budget.spent_micros + amount.micros < 0:
        raise MoreThanSpent(spent_micros=str(budget.spent_micros))
    if on in budget.days and budget.days[on] + amount.micros < 0:
        raise MoreThanSpent(on=str(on), spent_micros=str(budget.days[on]))
    corrected = BudgetCorrected(
        campaign=budget.campaign,
        amount=amount,
        on=on,
        reason=reason,
        reference=reference,
        corrected_at=at,
    )
    return with_alarms(budget, [corrected], at=at)


def _known(budget: Allocated, reference: str, micros: int) -> bool:
    known = budget.references.get(reference)
    if known is not None and known != micros:
        raise ReferenceTaken(reference=reference)
    return known is not None
