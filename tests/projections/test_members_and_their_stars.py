import pytest

from adapters.memory_views import MemoryViews
from domain.loyalty import STRANGER, Programme, ProgrammeSet
from projections.loyalty import (
    LOYALTY,
    LOYALTY_PROGRAMMES,
    LOYALTY_REWARDS,
    Loyalty,
    StoredLoyalty,
)
from tests.domain.members import cancel, day, earn, enrolled, redeem, refund, time_passes
from tests.golden.shipped import SHIPPED
from tests.people import ACME, GLOBEX, MONDAY
from tests.projections.scribe import Scribe, kept_up
from tests.spec import state_after

YEARS = (
    enrolled(),
    earn("p", 600),
    redeem("r", 250, 5),
    earn("q", 30, 10, referral=True),
    cancel("r", 20),
    refund("q", 30),
    redeem("s", 100, 40),
    time_passes(300),
    time_passes(400),
)
(REWARD,) = [event for path, event in SHIPPED if path.stem == "loyalty.reward_signalled.v1"]


@pytest.fixture
def views():
    return MemoryViews()


def happened(*decided):
    history, state = [], STRANGER
    for decide in decided:
        news = decide(state)
        history += news
        state = state_after("member", *history)
    return history, state


async def test_it_is_what_the_read_side_asks(views):
    assert isinstance(StoredLoyalty(views), Loyalty)


@pytest.mark.parametrize("until", range(1, len(YEARS) + 1))
async def test_a_row_is_the_member_without_the_ids_kept_against_repetition(views, until):
    history, member = happened(*YEARS[:until])
    scribe = Scribe()
    await scribe.write("member-m-1", *history)
    await kept_up(LOYALTY, scribe.log, views)
    holding = await StoredLoyalty(views).member(ACME, "m-1")
    shown = holding.member
    assert (shown.tier, shown.balance, shown.lots) == (member.tier, member.balance, member.lots)
    assert shown.redemptions == member.redemptions
    assert shown.balance == sum(lot.left for lot in shown.lots.values())
    assert not shown.purchases.recent
    assert holding.version == len(history)
    assert await StoredLoyalty(views).member(GLOBEX, "m-1") is None


async def test_stars_without_an_enrolment_make_no_row(views):
    history, _ = happened(enrolled(), earn("p", 5))
    scribe = Scribe()
    await scribe.write("member-m-1", *history[1:])
    await kept_up(LOYALTY, scribe.log, views)
    assert await StoredLoyalty(views).member(ACME, "m-1") is None


async def test_the_newest_rules_are_those_of_the_tenant_alone(views):
    scribe = Scribe()
    rules = [Programme(digital_percent=percent) for percent in (110, 130)]
    for programme in rules:
        event = ProgrammeSet(programme=programme, by="ben", set_at=MONDAY)
        await scribe.write("programme-acme", event)
    await kept_up(LOYALTY_PROGRAMMES, scribe.log, views)
    stored = StoredLoyalty(views)
    assert (await stored.rules(ACME)).programme == rules[1]
    assert (await stored.rules(ACME)).version == 2
    assert (await stored.rules(GLOBEX)).programme == Programme()


async def test_the_first_reward_of_a_decision_counts(views):
    scribe = Scribe()
    await scribe.write("reward-1", REWARD)
    await kept_up(LOYALTY_REWARDS, scribe.log, views)
    page = await StoredLoyalty(views).rewards(
        ACME, model_version=REWARD.model_version, before=None, limit=5
    )
    assert [(it.decision, it.signal) for it in page.rewards] == [(REWARD.decision, REWARD.signal)]
    assert page.rewards[0].signalled_at == day(0)
    assert page.next is None
