"""Approval rules: who must agree before a campaign may spend."""

from domain.approvals.events import ApprovalRuleEvent
from domain.approvals.requirement import Missing, Requirement, Review, Vote, missing
from domain.approvals.rule import Rule, seeded
from domain.approvals.state import UNSEEDED, RuleBook, Unseeded, evolve, rules_of

__all__ = [
    "UNSEEDED",
    "ApprovalRuleEvent",
    "Missing",
    "Requirement",
    "Review",
    "Rule",
    "RuleBook",
    "Unseeded",
    "Vote",
    "evolve",
    "missing",
    "rules_of",
    "seeded",
]
