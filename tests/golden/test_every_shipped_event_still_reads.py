"""What was recorded once must decode, encode and fold for ever."""

from functools import reduce
from typing import get_args

import msgspec
import pytest

from domain import account, privacy, session
from domain.account import login
from domain.approvals import UNSEEDED, ApprovalRuleEvent
from domain.approvals import evolve as evolve_rules
from domain.budget import UNALLOCATED, BudgetEvent
from domain.budget import evolve as evolve_budget
from domain.campaign import UNWRITTEN, CampaignEvent, evolve
from domain.consent import UNASKED, ConsentEvent
from domain.consent import evolve as evolve_consent
from domain.loyalty import STRANGER, MemberEvent
from domain.loyalty import evolve as evolve_member
from domain.notification import UNRAISED, NotificationEvent
from domain.notification import evolve as evolve_notification
from domain.privacy import raw_events
from domain.shared_budget import UNSET, SharedBudgetEvent
from domain.shared_budget import evolve as evolve_shared_budget
from domain.tenant import UNOPENED, TenantEvent
from domain.tenant import evolve as evolve_tenant
from tests.golden.shipped import SHIPPED

FOLDS = [
    (CampaignEvent, evolve, UNWRITTEN),
    (BudgetEvent, evolve_budget, UNALLOCATED),
    (SharedBudgetEvent, evolve_shared_budget, UNSET),
    (NotificationEvent, evolve_notification, UNRAISED),
    (TenantEvent, evolve_tenant, UNOPENED),
    (ApprovalRuleEvent, evolve_rules, UNSEEDED),
    (MemberEvent, evolve_member, STRANGER),
    (ConsentEvent, evolve_consent, UNASKED),
    (privacy.PrivacyEvent, privacy.evolve, privacy.UNASKED),
    (privacy.SubjectEvent, privacy.evolve_subject, privacy.UNOPENED_FILE),
    (account.AccountEvent, account.evolve, account.FRESH),
    (login.LoginEvent, login.evolve, login.NOBODYS),
    (session.SessionEvent, session.evolve, session.UNOPENED),
    (raw_events.RawCutEvent, raw_events.evolve, raw_events.UNCUT),
]


@pytest.mark.parametrize(("path", "event"), SHIPPED, ids=[path.stem for path, _ in SHIPPED])
def test_a_shipped_event_is_written_the_way_it_was(path, event):
    assert msgspec.json.encode(event) == path.read_bytes().rstrip(b"\n")
    assert event.__struct_config__.tag == path.stem


@pytest.mark.parametrize(("union", "fold", "blank"), FOLDS)
def test_shipped_events_of_every_kind_fold(union, fold, blank):
    events = [event for _, event in SHIPPED if isinstance(event, union)]
    assert {type(event) for event in events} == set(get_args(union))
    for event in events:
        fold(blank, event)
    reduce(fold, events, blank)
