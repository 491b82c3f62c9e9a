"""A member and what happens to them, told in days since Monday."""

from datetime import timedelta
from functools import partial, reduce

from domain.loyalty import STRANGER, decisions, evolve
from domain.loyalty.programme import Programme, Purchase, award
from domain.loyalty.settling import fallen_due
from tests.people import MONDAY, usd

REF = "m-1"


def day(number, hours=0):
    return MONDAY + timedelta(days=number, hours=hours)


def earn(purchase, units, on=0, *, programme=None, cents=0, **circumstances):
    """Return the decision about a purchase of so many dollars."""
    amount, at = usd(units, cents), day(on)
    worth = award(
        programme or Programme(), Purchase(amount, **circumstances), currency="USD", at=at
    )
    return partial(decisions.earn, purchase=purchase, amount=amount, award=worth, at=at)


def redeem(redemption, stars, on=0):
    return partial(decisions.redeem, redemption=redemption, stars=stars, at=day(on))


def cancel(redemption, on=0):
    return partial(decisions.cancel_redemption, redemption=redemption, at=day(on))


def refund(purchase, on=0, *, kept=None):
    return partial(decisions.refund, purchase=purchase, kept=kept, at=day(on))


def time_passes(on):
    return partial(fallen_due, at=day(on))


def enrolled(*, confirmed=True):
    return partial(decisions.enrol, ref=REF, confirmed=confirmed, at=MONDAY)


def after(*decided, member=None):
    """Return a confirmed member after these decisions, one upon the other."""
    first = reduce(evolve, enrolled()(STRANGER), STRANGER) if member is None else member
    return reduce(lambda state, decide: reduce(evolve, decide(state), state), decided, first)


def left(member):
    return {lot.purchase: lot.left for lot in member.lots.values()}
