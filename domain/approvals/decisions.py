"""What may be done to a tenant's approval rules, and what follows."""

from datetime import datetime

from domain.approvals.events import ApprovalRuleEvent, ApprovalRuleRemoved, ApprovalRuleSet
from domain.approvals.rule import Rule, errors_in, seeded
from domain.approvals.state import ApprovalRules, Unseeded, rules_of
from domain.identity import PersonId
from domain.money import Currency
from domain.refusal import FieldError, Reason, Refusal
from domain.tenant.permissions import Permission
from domain.tenant.roles import Actor

RULES_MAX = 100


class ApprovalRuleUnknown(Refusal, reason=Reason.UNKNOWN):
    """There is no such approval rule."""


class ApprovalRuleInvalid(Refusal, reason=Reason.MALFORMED):
    """The approval rule cannot be kept as it is written; each error names its field."""


class ApprovalRuleTaken(Refusal, reason=Reason.UNTIMELY):
    """Somebody else wrote a rule of this name meanwhile: read it before you replace it."""


class RuleKeeperNeeded(Refusal, reason=Reason.FORBIDDEN):
    """Changing approval rules takes the permission to change the agency's own rules."""


def seed(
    rules: ApprovalRules, *, currency: Currency, by: PersonId, at: datetime
) -> list[ApprovalRuleEvent]:
    """Write down the rules that every tenant starts with, once."""
    if not isinstance(rules, Unseeded):
        return []
    return [ApprovalRuleSet(rule=rule, set_by=by, set_at=at) for rule in seeded(currency)]


def set_rule(
    rules: ApprovalRules,
    *,
    rule: Rule,
    currency: Currency,
    by: Actor,
    at: datetime,
    is_new: bool = False,
) -> list[ApprovalRuleEvent]:
    """Write a rule, or write it anew; `is_new` refuses to replace one that reads otherwise."""
    _require_keeper(by)
    if errors := list(errors_in(rule)):
        raise ApprovalRuleInvalid(*errors)
    known = _by_name(rules, currency)
    if known.get(rule.name) == rule:
        return []
    if rule.name not in known and len(known) >= RULES_MAX:
        raise ApprovalRuleInvalid(
            FieldError("/name", f"An agency has at most {RULES_MAX} approval rules.")
        )
    if is_new and rule.name in known:
        raise ApprovalRuleTaken(name=rule.name)
    return [
        *seed(rules, currency=currency, by=by.person, at=at),
        ApprovalRuleSet(rule=rule, set_by=by.person, set_at=at),
    ]


def remove_rule(
    rules: ApprovalRules, *, name: str, currency: Currency, by: Actor, at: datetime
) -> list[ApprovalRuleEvent]:
    """Take a rule away; campaigns in review keep what it asked of them."""
    _require_keeper(by)
    if name not in _by_name(rules, currency):
        if not isinstance(rules, Unseeded) and name in rules.removed:
            return []
        raise ApprovalRuleUnknown(name=name)
    return [
        *seed(rules, currency=currency, by=by.person, at=at),
        ApprovalRuleRemoved(name=name, removed_by=by.person, removed_at=at),
    ]


def _by_name(rules: ApprovalRules, currency: Currency) -> dict[str, Rule]:
    return {rule.name: rule for rule in rules_of(rules, currency=currency)}


def _require_keeper(by: Actor) -> None:
    if Permission.TENANT_WRITE not in by.permissions:
        raise RuleKeeperNeeded(person=by.person)
