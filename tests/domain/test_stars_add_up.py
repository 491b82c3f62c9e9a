"""Whatever people do: the lots are the balance, and no star comes from nowhere."""

from datetime import timedelta
from functools import reduce

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.loyalty import STRANGER, Member, MemberEvent, Programme, decisions, events, evolve
from domain.loyalty.programme import Purchase, award
from domain.loyalty.settling import fallen_due
from domain.loyalty.standing import expires_at, qualifying, standing, tier_at
from domain.loyalty.tiers import Tier, below
from domain.refusal import Refusal
from tests.golden.shipped import SHIPPED
from tests.people import MONDAY, usd

DECODER = msgspec.json.Decoder(MemberEvent)
amounts, bonuses = st.integers(1, 900), st.booleans()
rarely, picks = st.sampled_from([False] * 4 + [True]), st.integers(0, 5)


def changed_by(event):
    """Return what an event does to the balance, by its own words alone."""
    match event:
        case events.StarsEarned(stars=stars):
            return stars
        case events.StarsRedeemed(stars=stars) | events.StarsExpired(stars=stars):
            return -stars
        case events.PurchaseRefunded(taken=taken):
            return -taken
        case events.RedemptionCancelled(returned=returned):
            return sum(portion.stars for portion in returned)
        case _:
            return 0


class Collecting(RuleBasedStateMachine):
    """A member's years, with a clock that now and then is set back."""

    @initialize(confirmed=st.booleans())
    def enrol(self, confirmed):
        self.at, self.history, self.clock_was_set_back = MONDAY, [], False
        self.state = STRANGER
        self.take(decisions.enrol, ref="m", confirmed=confirmed)

    def take(self, decide, **circumstances):
        """Take a decision and return what it recorded; the second time it must be silent."""
        try:
            news = decide(self.state, **circumstances, at=self.at)
        except Refusal:
            return []
        self.history += news
        self.state = reduce(evolve, news, self.state)
        assert decide(self.state, **circumstances, at=self.at) == []
        return news

    def settled(self, decide, **circumstances):
        """Take a decision before which everything due must have been settled."""
        news = self.take(decide, **circumstances)
        if news:
            assert self.at < (expires_at(self.state) or self.at + timedelta(days=1))
            assert self.state.tier == tier_at(self.state, self.at) or self.clock_was_set_back
        return news

    @rule(again=rarely, pick=picks, units=amounts, referral=bonuses, digital=bonuses)
    def earn(self, again, pick, units, referral, digital):
        amount = usd(units)
        bought = Purchase(amount, None, referral, digital)
        worth = award(Programme(), bought, currency="USD", at=self.at)
        purchase = self.one_of("p", events.StarsEarned, "purchase", pick, again=again)
        self.settled(decisions.earn, purchase=purchase, amount=amount, award=worth)

    @rule(again=rarely, pick=picks, stars=st.integers(1, 1_500))
    def redeem(self, again, pick, stars):
        redemption = self.one_of("r", events.StarsRedeemed, "redemption", pick, again=again)
        self.settled(decisions.redeem, redemption=redemption, stars=stars)

    @rule(pick=picks)
    def cancel(self, pick):
        redemption = self.one_of("r", events.StarsRedeemed, "redemption", pick)
        self.settled(decisions.cancel_redemption, redemption=redemption)

    @rule(pick=picks, kept=st.none() | amounts)
    def refund(self, pick, kept):
        before = self.state
        purchase = self.one_of("p", events.StarsEarned, "purchase", pick)
        self.settled(decisions.refund, purchase=purchase, kept=kept and usd(kept))
        assert self.state.balance <= before.balance
        assert self.state.lifetime <= before.lifetime

    def one_of(self, letter, kind, field, pick, *, again=True):
        """Return an id that was used before, or the next new one."""
        used = [getattr(event, field) for event in self.history if isinstance(event, kind)]
        return used[-1 - pick % len(used)] if again and used else f"{letter}{len(used)}"

    @rule()
    def confirm(self):
        self.take(decisions.confirm)

    @rule(days=st.integers(-3, 200))
    def time_passes(self, days):
        self.at += timedelta(days=days)
        self.clock_was_set_back = self.clock_was_set_back or days < 0

    @rule()
    def timers_fire(self):
        self.take(fallen_due)

    @invariant()
    def lots_are_the_balance(self):
        told = sum(changed_by(event) for event in self.history)
        assert self.state.balance == told == sum(lot.left for lot in self.state.lots.values())

    @invariant()
    def no_lot_holds_more_than_it_earned(self):
        for lot in self.state.lots.values():
            assert 0 <= lot.left <= lot.stars
            assert lot.owed >= 0

    @invariant()
    def lifetime_falls_by_refunds_alone(self):
        earned = sum(e.stars for e in self.history if isinstance(e, events.StarsEarned))
        undone = sum(e.undone for e in self.history if isinstance(e, events.PurchaseRefunded))
        assert self.state.lifetime == earned - undone
        assert self.state.balance <= self.state.lifetime

    @invariant()
    def a_tier_falls_at_the_moment_that_was_told(self):
        until = standing(self.state, self.at).until
        if until is not None:
            tier = tier_at(self.state, self.at)
            assert tier_at(self.state, until - timedelta(microseconds=1)) == tier
            assert below(tier_at(self.state, until), tier)

    @invariant()
    def history_folds_to_the_same_after_a_restart(self):
        recorded = [DECODER.decode(msgspec.json.encode(event)) for event in self.history]
        again = reduce(evolve, recorded, STRANGER)
        assert again == self.state
        assert msgspec.json.decode(msgspec.json.encode(again), type=Member) == again


Collecting.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestCollecting = Collecting.TestCase

SHIPPED_EVENTS = [event for _, event in SHIPPED if isinstance(event, MemberEvent)]


@given(st.lists(st.sampled_from(SHIPPED_EVENTS)))
def test_any_order_of_shipped_member_events_folds_and_adds_up(history):
    member = reduce(evolve, history, STRANGER)
    if any(isinstance(event, events.MemberEnrolled) for event in history):
        assert member.balance == sum(lot.left for lot in member.lots.values())
        assert all(lot.left >= 0 for lot in member.lots.values())
        assert qualifying(member, MONDAY) >= 0
        assert member.tier in set(Tier)
    else:
        assert member == STRANGER
