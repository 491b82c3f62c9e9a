"""How approvals add up to what the rules asked of a submission (FR-WKF-003, 004, 009)."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from domain.approvals.requirement import Missing, Review, Vote, missing
from domain.campaign.events import ApprovalGiven, CampaignApproved, CampaignEvent
from domain.campaign.refusals import ApprovalNotAsked
from domain.campaign.state import InReview, Plan
from domain.tenant.roles import Actor


def further(
    campaign: InReview,
    *,
    by: Actor,
    at: datetime,
    comment: str,
    reviews: tuple[Review, ...],
) -> list[CampaignEvent]:
    """Count one more approval; the one that leaves nothing missing approves the campaign.

    It counts for every unmet rule whose role `by` holds, once a person and rule. Approving
    again is silent, unless it vouches for a review that it did not vouch for before.
    """
    before = [vote for vote in campaign.votes if vote.approver == by.person]
    unmet = {still.rule for still in campaign.missing if still.role in by.roles}
    if not unmet and not before:
        raise ApprovalNotAsked(campaign=campaign.plan.campaign, missing=told(campaign.missing))
    rules = tuple(asked.rule for asked in campaign.requirements if asked.rule in unmet)
    vote = Vote(approver=by.person, rules=rules, reviews=tuple(dict.fromkeys(reviews)))
    if not set(_news(vote, before)):
        return []
    role = next(asked.role for asked in campaign.requirements if asked.rule in unmet)
    given = ApprovalGiven(
        campaign=campaign.plan.campaign,
        approver=by.person,
        role=role,
        rules=vote.rules,
        reviews=vote.reviews,
        content_hash=campaign.plan.content_hash,
        comment=comment,
        given_at=at,
    )
    if missing(campaign.requirements, (*campaign.votes, vote)):
        return [given]
    return [given, final(campaign.plan, by=by, role=role, at=at, comment=comment)]


def final(plan: Plan, *, by: Actor, role: str, at: datetime, comment: str) -> CampaignApproved:
    """Return the approval after which nothing is missing; it binds to the text as it reads."""
    return CampaignApproved(
        campaign=plan.campaign,
        approver=by.person,
        role=role,
        content_hash=plan.content_hash,
        comment=comment,
        approved_at=at,
    )


def told(still: Iterable[Missing]) -> str:
    """Return what is missing as people say it: `2 more by the role director (rule x)`."""
    return "; ".join(f"{_asked(each)} (rule {each.rule})" for each in still)


def _asked(still: Missing) -> str:
    parts = [f"{still.approvals} more by the role {still.role}"] if still.approvals else []
    parts += [f"a {review} review vouched for by the role {still.role}" for review in still.reviews]
    return " and ".join(parts)


def _news(vote: Vote, before: list[Vote]) -> Iterator[tuple[str, str]]:
    """Yield what of a vote its person did not say before: each rule alone and each review of it."""
    said = {(rule, what) for earlier in before for rule, what in _claims(earlier)}
    yield from (claim for claim in _claims(vote) if claim not in said)


def _claims(vote: Vote) -> Iterator[tuple[str, str]]:
    for rule in vote.rules:
        yield rule, ""
        yield from ((rule, review) for review in vote.reviews)
