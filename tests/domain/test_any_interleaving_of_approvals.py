"""However approvals, edits and rejections interleave, approved means that everybody agreed."""

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.approvals import Missing, Rule
from domain.campaign import UNWRITTEN, decisions, evolve, stage_of
from domain.campaign.brief import BriefChanges
from domain.campaign.events import (
    ApprovalGiven,
    ApprovalVoided,
    CampaignApproved,
    CampaignDrafted,
    CampaignEdited,
    CampaignRejected,
    CampaignSubmitted,
    ChangesRequested,
)
from domain.refusal import Refusal
from tests.people import ANA, BRIEF, CLEO, FRIDAY, MONDAY, SPRING, actor

ROLES = ["manager", "director", "compliance", "guardian"]
APPROVING = ["campaign:approve"]
CROWD = [
    CLEO,
    *(actor(f"{role}-{n}", role, permissions=APPROVING) for role in ROLES for n in range(2)),
    actor("all", *ROLES, permissions=APPROVING),
    actor("idle", "guardian", permissions=[]),
]
rules = st.lists(
    st.builds(
        Rule,
        name=st.uuids().map(str),
        role=st.sampled_from(ROLES),
        min_approvals=st.integers(1, 2),
        creative_review=st.booleans(),
        legal_review=st.booleans(),
        enabled=st.sampled_from([True, True, False]),
    ),
    max_size=3,
)
people = st.sampled_from(CROWD)
reviews = st.sets(st.sampled_from(["creative", "legal"])).map(tuple)
attempts = st.one_of(
    st.tuples(st.just("submit"), st.just(ANA), st.fixed_dictionaries({"rules": rules})),
    *(
        st.tuples(st.just("approve"), people, st.fixed_dictionaries({"reviews": reviews}))
        for _ in range(4)
    ),
    st.tuples(st.sampled_from(["reject", "request_changes"]), people, st.just({})),
    st.tuples(
        st.just("edit"),
        st.sampled_from([ANA, CLEO]),
        st.fixed_dictionaries(
            {"changes": st.builds(BriefChanges, name=st.sampled_from(["A", "B", "C"]))}
        ),
    ),
)


class Auditor:
    """Keeps the books by hand from the events alone, the way someone with a pencil would."""

    def __init__(self):
        self.asked, self.people, self.vouched, self.hash = (), {}, {}, ""
        self.writers = set()

    def follow(self, event):
        match event:
            case CampaignDrafted(author=author):
                self.writers = {author}
                self.first = author
            case CampaignEdited(editor=editor):
                self.writers = {self.first, editor}
            case CampaignSubmitted():
                self.asked, self.hash = event.requirements, event.content_hash
                self.people, self.vouched = defaultdict(set), defaultdict(set)
            case ApprovalVoided() | CampaignRejected() | ChangesRequested():
                self.asked, self.people, self.vouched, self.hash = (), {}, {}, ""
            case ApprovalGiven():
                assert event.content_hash == self.hash
                assert event.approver not in self.writers
                for rule in event.rules:
                    self.people[rule].add(event.approver)
                    self.vouched[rule].update(event.reviews)
            case CampaignApproved():
                assert event.content_hash == self.hash
                assert event.approver not in self.writers
                assert self.is_satisfied()

    def is_satisfied(self):
        return all(
            len(self.people[asked.rule]) >= asked.min_approvals
            and set(asked.reviews) <= self.vouched[asked.rule]
            for asked in self.asked
        )


@settings(max_examples=150)
@given(rules, st.lists(attempts, max_size=40))
def test_approved_means_that_every_requirement_was_met_on_that_text(first_rules, tries):
    auditor, campaign = Auditor(), UNWRITTEN
    drafted = CampaignDrafted(campaign=SPRING, author=ANA.person, brief=BRIEF, drafted_at=MONDAY)
    auditor.follow(drafted)
    campaign = evolve(campaign, drafted)
    for action, by, more in [("submit", ANA, {"rules": first_rules}), *tries]:
        decision = getattr(decisions, action)
        try:
            news = decision(campaign, by=by, at=FRIDAY, **more)
        except Refusal:
            continue
        for event in news:
            auditor.follow(event)
            campaign = evolve(campaign, event)
        assert decision(campaign, by=by, at=FRIDAY, **more) == []
        if stage_of(campaign) == "in_review" and campaign.requirements:
            assert campaign.missing
            assert not auditor.is_satisfied()
            assert all(isinstance(still, Missing) for still in campaign.missing)
        if stage_of(campaign) == "approved":
            assert campaign.approval.content_hash == campaign.plan.content_hash


@given(rules, st.permutations(CROWD), st.permutations(CROWD))
def test_whoever_comes_first_the_same_people_are_enough(asked, one, other):
    def arrives(order):
        campaign = evolve(
            UNWRITTEN,
            CampaignDrafted(campaign=SPRING, author=ANA.person, brief=BRIEF, drafted_at=MONDAY),
        )
        for event in decisions.submit(campaign, by=ANA, at=FRIDAY, rules=asked):
            campaign = evolve(campaign, event)
        for by in order:
            try:
                vouching = ("creative", "legal")
                news = decisions.approve(campaign, by=by, at=FRIDAY, reviews=vouching)
            except Refusal:
                continue
            for event in news:
                campaign = evolve(campaign, event)
        return stage_of(campaign)

    assert arrives(one) == arrives(other) == "approved"
