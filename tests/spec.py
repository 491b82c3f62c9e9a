"""Given facts, when a decision is taken, then facts or a refusal follow."""

from functools import partial, reduce

import pytest

from domain import (
    account,
    approvals,
    audit,
    budget,
    campaign,
    consent,
    loyalty,
    notification,
    privacy,
    session,
    shared_budget,
    tenant,
)
from domain.account import login

FOLDS = {
    "account": (account.FRESH, account.evolve),
    "session": (session.UNOPENED, session.evolve),
    "login": (login.NOBODYS, login.evolve),
    "approval_rules": (approvals.UNSEEDED, approvals.evolve),
    "audit": (audit.UNSEALED, audit.evolve),
    "campaign": (campaign.UNWRITTEN, campaign.evolve),
    "budget": (budget.UNALLOCATED, budget.evolve),
    "notification": (notification.UNRAISED, notification.evolve),
    "shared_budget": (shared_budget.UNSET, shared_budget.evolve),
    "consent": (consent.UNASKED, consent.evolve),
    "privacy": (privacy.UNASKED, privacy.evolve),
    "subject": (privacy.UNOPENED_FILE, privacy.evolve_subject),
    "member": (loyalty.STRANGER, loyalty.evolve),
    "tenant": (tenant.UNOPENED, tenant.evolve),
}


def state_after(about, *history):
    blank, evolve = FOLDS[about]
    return reduce(evolve, history, blank)


class Given:
    def __init__(self, about, *history):
        self.state = state_after(about, *history)

    def when(self, decision, **circumstances):
        return When(partial(decision, self.state, **circumstances))


class When:
    def __init__(self, take):
        self.take = take

    def then(self, *news):
        assert self.take() == list(news)

    def then_nothing(self):
        self.then()

    def then_refused(self, refusal):
        with pytest.raises(refusal) as refused:
            self.take()
        return refused.value


given_approval_rules = partial(Given, "approval_rules")
given_campaign = partial(Given, "campaign")
given_budget = partial(Given, "budget")
given_notification = partial(Given, "notification")
given_shared_budget = partial(Given, "shared_budget")
given_member = partial(Given, "member")
given_consent = partial(Given, "consent")
given_tenant = partial(Given, "tenant")
given_privacy = partial(Given, "privacy")
given_account = partial(Given, "account")
given_session = partial(Given, "session")
given_login = partial(Given, "login")
given_subject = partial(Given, "subject")
