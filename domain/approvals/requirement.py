"""What a submission still needs: requirements pinned when it was made, and votes since."""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from domain.approvals.rule import Rule
from domain.identity import PersonId
from domain.money import Money

Review = Literal["creative", "legal"]


class Requirement(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule asked of a submission, as the rule read at that moment."""

    rule: str
    role: str
    min_approvals: int
    creative_review: bool = False
    legal_review: bool = False

    @property
    def reviews(self) -> tuple[Review, ...]:
        """Return the reviews that one of its approvals must vouch for."""
        wanted: tuple[tuple[Review, bool], ...] = (
            ("creative", self.creative_review),
            ("legal", self.legal_review),
        )
        return tuple(review for review, is_wanted in wanted if is_wanted)


class Vote(msgspec.Struct, frozen=True, kw_only=True):
    """One approval: who gave it, the rules it counts for, the reviews it vouches for."""

    approver: PersonId
    rules: tuple[str, ...]
    reviews: tuple[Review, ...] = ()


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule still waits for: approvals by the role, and reviews nobody vouched for."""

    rule: str
    role: str
    approvals: int
    reviews: tuple[Review, ...] = ()


def asked_by(
    rules: Iterable[Rule], *, total: Money, channels: tuple[str, ...]
) -> tuple[Requirement, ...]:
    """Return what the rules together ask of a campaign; waived ones ask for nothing."""
    return tuple(
        Requirement(
            rule=rule.name,
            role=rule.role,
            min_approvals=rule.min_approvals,
            creative_review=rule.creative_review,
            legal_review=rule.legal_review,
        )
        for rule in rules
        if rule.speaks_of(total=total, channels=channels) and not rule.waives(total=total)
    )


def waived_by(rules: Iterable[Rule], *, total: Money, channels: tuple[str, ...]) -> str | None:
    """Return the first rule that speaks of a campaign and lets it pass, None without one."""
    return next(
        (
            rule.name
            for rule in rules
            if rule.speaks_of(total=total, channels=channels) and rule.waives(total=total)
        ),
        None,
    )


def missing(requirements: Iterable[Requirement], votes: Sequence[Vote]) -> tuple[Missing, ...]:
    """Return what is still to come, nothing once every requirement is met."""
    return tuple(
        still for requirement in requirements if (still := _missing(requirement, votes)) is not None
    )


def _missing(requirement: Requirement, votes: Sequence[Vote]) -> Missing | None:
    counted = [vote for vote in votes if requirement.rule in vote.rules]
    people = {vote.approver for vote in counted}
    vouched = {review for vote in counted for review in vote.reviews}
    approvals = max(0, requirement.min_approvals - len(people))
    reviews = tuple(review for review in requirement.reviews if review not in vouched)
    if not approvals and not reviews:
        return None
    return Missing(
        rule=requirement.rule, role=requirement.role, approvals=approvals, reviews=reviews
    )
