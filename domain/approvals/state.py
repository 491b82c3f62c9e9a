"""What a tenant's approval rules are, given everything that happened to them."""

import msgspec
from msgspec.structs import replace

from domain.approvals.events import ApprovalRuleEvent, ApprovalRuleRemoved, ApprovalRuleSet
from domain.approvals.rule import Rule, seeded
from domain.money import Currency


class Unseeded(msgspec.Struct, frozen=True):
    """No rule was ever written down: the seeded ones hold all the same."""


class RuleBook(msgspec.Struct, frozen=True, kw_only=True):
    """The rules by name, in the order they were first set, and the names of removed ones."""

    rules: dict[str, Rule] = {}
    removed: frozenset[str] = frozenset()


ApprovalRules = Unseeded | RuleBook

UNSEEDED = Unseeded()


def evolve(rules: ApprovalRules, event: ApprovalRuleEvent) -> ApprovalRules:
    """Accept what happened: history is never argued with, so nothing is refused."""
    book = RuleBook() if isinstance(rules, Unseeded) else rules
    match event:
        case ApprovalRuleSet(rule=rule):
            return replace(
                book,
                rules={**book.rules, rule.name: rule},
                removed=book.removed - {rule.name},
            )
        case ApprovalRuleRemoved(name=name):
            kept = {known: rule for known, rule in book.rules.items() if known != name}
            return replace(book, rules=kept, removed=book.removed | {name})


def rules_of(rules: ApprovalRules, *, currency: Currency) -> tuple[Rule, ...]:
    """Return the rules in force; a tenant that never wrote any has the seeded ones."""
    return seeded(currency) if isinstance(rules, Unseeded) else tuple(rules.rules.values())
