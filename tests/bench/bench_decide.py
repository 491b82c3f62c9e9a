"""Decisions, and the events they lead to folded, in one process: the domain and nothing else.

The headline is a mix in equal parts of what a busy installation decides all day, so that no
cheap kind carries a dear one: campaigns are paused and resumed by hand and by timers, budgets
are billed each quarter hour, and members buy. Each kind's own rate stands beside it.
"""

import gc
import json
import os
import statistics
import sys
import time
from datetime import timedelta
from functools import reduce
from itertools import islice

from domain.budget import decisions as budgets
from domain.budget import evolve as evolve_budget
from domain.campaign import decisions as campaigns
from domain.campaign import evolve as evolve_campaign
from domain.loyalty import decisions as loyalty
from domain.loyalty import evolve as evolve_member
from domain.loyalty.programme import Programme, Purchase, award
from tests.bench.report import keep
from tests.domain.members import after as member_after
from tests.people import BEN, FRIDAY, HISTORIES, MONDAY, usd
from tests.projections.scribe import allocated
from tests.spec import state_after

AT_LEAST = 500_000
ROUNDS, EACH = 7, 20_000
MINUTE = timedelta(minutes=1)


def pauses():
    """A live campaign is paused and resumed by a manager, again and again."""
    live = state_after("campaign", *HISTORIES["live"])
    paused = reduce(evolve_campaign, campaigns.pause(live, by=BEN, at=FRIDAY), live)
    while True:
        yield lambda: campaigns.pause(live, by=BEN, at=FRIDAY), live, evolve_campaign
        yield lambda: campaigns.resume(paused, by=BEN, at=FRIDAY), paused, evolve_campaign


def bills():
    """A budget is billed a quarter of an hour, one range of facts after another."""
    state = state_after("budget", allocated(1_000_000, daily=None))
    for last in range(1, sys.maxsize):
        usages = [budgets.Usage(at=MONDAY, micros=2_500, impressions=1)]

        def spend(state=state, usages=usages, last=last):
            return budgets.spend(
                state, currency="USD", usages=usages, partition=0, first=last, last=last, at=MONDAY
            )

        yield spend, state, evolve_budget
        state = reduce(evolve_budget, spend(), state)


def purchases():
    """A member who collects for a year earns stars with one purchase more."""
    amount = usd(12)
    worth = award(Programme(), Purchase(amount), currency="USD", at=MONDAY)
    state = member_after()
    for number in range(50):
        at = MONDAY + number * timedelta(days=7)
        news = loyalty.earn(state, purchase=f"p{number}", amount=amount, award=worth, at=at)
        state = reduce(evolve_member, news, state)
    at += MINUTE
    for number in range(50, sys.maxsize):

        def earn(name=f"p{number}"):
            return loyalty.earn(state, purchase=name, amount=amount, award=worth, at=at)

        yield earn, state, evolve_member


KINDS = {"pause or resume": pauses, "bill": bills, "earn stars": purchases}


def decided(work):
    """Take each decision and fold what it led to; return decisions a second."""
    events = 0
    begun = time.perf_counter()
    for decide, before, evolve in work:
        after = before
        for event in decide():
            after = evolve(after, event)
            events += 1
    taken = time.perf_counter() - begun
    assert events >= len(work)
    return len(work) / taken


def main() -> int:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    works = {kind: list(islice(source(), EACH)) for kind, source in KINDS.items()}
    gc.freeze()  # as the API process does
    rates = {
        kind: statistics.median(decided(work) for _ in range(ROUNDS))
        for kind, work in works.items()
    }
    mixed = len(rates) / sum(1 / rate for rate in rates.values())
    figures = {
        "what": "decide and evolve, in one process: pauses, bills and purchases in equal parts",
        "target": f"{AT_LEAST:,}/s",
        "seen": f"{mixed:,.0f}/s",
        "met": mixed >= AT_LEAST,
        "each": {kind: round(rate) for kind, rate in rates.items()},
    }
    keep("decide", figures)
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
