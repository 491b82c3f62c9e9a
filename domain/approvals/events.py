"""Facts about a tenant's approval rules."""

from datetime import datetime

from domain.approvals.rule import Rule
from domain.event import Event
from domain.identity import PersonId


class ApprovalRuleSet(Event, frozen=True, kw_only=True, tag="approval_rule.set.v1"):
    """The rule reads so from now on; submissions before keep what they were asked."""

    rule: Rule
    set_by: PersonId
    set_at: datetime


class ApprovalRuleRemoved(Event, frozen=True, kw_only=True, tag="approval_rule.removed.v1"):
    name: str
    removed_by: PersonId
    removed_at: datetime


ApprovalRuleEvent = ApprovalRuleSet | ApprovalRuleRemoved
