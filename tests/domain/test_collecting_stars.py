from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain.loyalty import STRANGER, events
from domain.loyalty import decisions as loyalty
from domain.loyalty.naming import require_name
from domain.loyalty.programme import (
    ChannelMultiplier,
    Programme,
    ProgrammeInvalid,
    ProgrammeSet,
    Purchase,
    award,
    set_programme,
)
from domain.loyalty.refusals import (
    EnrolmentUnconfirmed,
    MemberNameInvalid,
    MemberUnknown,
    NotEnoughStars,
    NothingPaid,
    PurchaseCurrencyWrong,
    PurchaseDiffers,
    PurchaseTooOld,
    PurchaseUnknown,
    RedemptionDiffers,
    RedemptionTooOld,
    RedemptionUnknown,
    RefundGrows,
    RewardDiffers,
)
from domain.loyalty.rewards import UNREWARDED, RewardSignalled, signal
from tests.domain.members import (
    REF,
    after,
    cancel,
    day,
    earn,
    enrolled,
    left,
    redeem,
    refund,
    time_passes,
)
from tests.people import BEN, MONDAY, eur, usd
from tests.spec import given_member

APP_WEEK = ChannelMultiplier(
    channel="app", percent=150, opens=MONDAY, closes=MONDAY + timedelta(days=7)
)


def stars(purchase, programme=Programme(), at=MONDAY):  # noqa: B008 - frozen
    return award(programme, purchase, currency="USD", at=at).stars


@pytest.mark.parametrize(
    ("amount", "earned"),
    [
        (usd(0, 1), 1),  # one cent is a unit begun
        (usd(1), 1),
        (usd(1, 1), 2),
        (usd(99, 99), 100),
        (usd(500), 500),
        (replace(usd(1), micros=1_000_001), 2),
    ],
)
def test_a_star_is_earned_for_each_unit_begun(amount, earned):
    assert stars(Purchase(amount)) == earned


@pytest.mark.parametrize(
    ("circumstances", "earned"),
    [
        ({"referral": True}, 200),
        ({"digital": True}, 120),
        ({"referral": True, "digital": True}, 240),
        ({"channel": "app"}, 150),
        ({"channel": "app", "referral": True, "digital": True}, 360),
        ({"channel": "shop"}, 100),
    ],
)
def test_multipliers_multiply_each_other(circumstances, earned):
    assert stars(Purchase(usd(100), **circumstances), Programme(channels=(APP_WEEK,))) == earned


def test_the_product_is_rounded_up_once():
    odd = Programme(channels=(ChannelMultiplier(channel="app", percent=101),))
    # 7 x 1.01 x 1.2 = 8.484; rounding at each step would make it 10.
    assert stars(Purchase(usd(7), channel="app", digital=True), odd) == 9


def test_only_the_highest_multiplier_counts_where_the_programme_says_so():
    rules = Programme(channels=(APP_WEEK,), stacking="highest")
    assert stars(Purchase(usd(100), channel="app", digital=True), rules) == 150
    assert stars(Purchase(usd(100), channel="app", referral=True), rules) == 200


def test_a_cap_bounds_what_multipliers_make_together():
    rules = Programme(channels=(replace(APP_WEEK, percent=9_000),), cap_percent=300)
    assert stars(Purchase(usd(100), channel="app", referral=True), rules) == 300


@pytest.mark.parametrize(
    ("at", "earned"),
    [
        (MONDAY - timedelta(microseconds=1), 100),
        (MONDAY, 150),
        (day(7) - timedelta(microseconds=1), 150),
        (day(7), 100),
    ],
)
def test_a_channels_gate_opens_and_closes_to_the_moment(at, earned):
    assert stars(Purchase(usd(100), channel="app"), Programme(channels=(APP_WEEK,)), at) == earned


def test_of_two_open_gates_the_higher_counts():
    rules = Programme(channels=(APP_WEEK, replace(APP_WEEK, percent=130)))
    assert stars(Purchase(usd(100), channel="app"), rules) == 150


def test_another_currency_earns_nothing():
    with pytest.raises(PurchaseCurrencyWrong):
        stars(Purchase(eur(1)))


def test_rules_whose_gate_closes_before_it_opens_are_refused():
    shut = replace(APP_WEEK, closes=MONDAY)
    with pytest.raises(ProgrammeInvalid) as refused:
        set_programme(Programme(), rules=Programme(channels=(shut,)), by="ben", at=MONDAY)
    assert refused.value.errors[0].pointer == "/channels/0/until"


def test_the_same_rules_again_are_nothing_new():
    rules = Programme(channels=(APP_WEEK,))
    assert set_programme(Programme(), rules=rules, by=BEN.person, at=MONDAY) == [
        ProgrammeSet(programme=rules, by=BEN.person, set_at=MONDAY)
    ]
    assert set_programme(rules, rules=rules, by=BEN.person, at=MONDAY) == []


def test_an_enrolment_starts_at_silver():
    enrolment = events.MemberEnrolled(member=REF, enrolled_at=MONDAY)
    confirmed = events.EnrolmentConfirmed(member=REF, confirmed_at=MONDAY)
    risen = events.TierChanged(
        member=REF, was="basic", now="silver", reason="confirmed", qualifying=0,
        tier_until=MONDAY.replace(year=2027), changed_at=MONDAY,
    )  # fmt: skip
    given_member().when(enrolled()).then(enrolment, confirmed, risen)
    given_member(enrolment, confirmed, risen).when(enrolled()).then_nothing()


def test_an_enrolment_that_waits_is_basic_until_it_is_confirmed():
    waiting = after(member=after(enrolled(confirmed=False), member=STRANGER))
    assert waiting.tier == "basic"
    waiting = after(earn("p", 3_000), member=waiting)
    assert (waiting.tier, waiting.balance) == ("basic", 3_000)
    with pytest.raises(EnrolmentUnconfirmed):
        redeem("r", 1)(waiting)
    assert after(lambda m: loyalty.confirm(m, at=day(1)), member=waiting).tier == "reserve"


@pytest.mark.parametrize(
    "decide", [earn("p", 1), redeem("r", 1), cancel("r"), refund("p"), time_passes(1)]
)
def test_nothing_happens_to_a_stranger(decide):
    with pytest.raises(MemberUnknown):
        decide(STRANGER)


def test_a_purchase_earns_once():
    member = after(earn("p", 10))
    assert earn("p", 10, on=3)(member) == []
    with pytest.raises(PurchaseDiffers):
        earn("p", 11)(member)
    with pytest.raises(NothingPaid):
        earn("q", 0)(member)


def test_stars_are_taken_from_the_oldest_lots():
    member = after(earn("old", 30), earn("mid", 30, 1), earn("new", 30, 2), redeem("r", 50, 3))
    assert left(member) == {"old": 0, "mid": 10, "new": 30}
    assert member.redemptions["r"].taken == (events.Portion(1, 30), events.Portion(2, 20))
    assert member.balance == 40


def test_a_redemption_is_made_once_and_never_beyond_the_balance():
    member = after(earn("p", 30), redeem("r", 20))
    assert redeem("r", 20, on=5)(member) == []
    with pytest.raises(RedemptionDiffers):
        redeem("r", 21)(member)
    with pytest.raises(NotEnoughStars) as refused:
        redeem("s", 11)(member)
    assert refused.value.details["balance"] == "10"


def test_a_cancelled_redemption_returns_to_exactly_its_lots():
    member = after(
        earn("old", 30), earn("new", 30, 1), redeem("r", 40, 2), earn("later", 5, 3), cancel("r", 4)
    )
    assert left(member) == {"old": 30, "new": 30, "later": 5}
    assert cancel("r", 5)(member) == []
    assert redeem("r", 40, 6)(member) == []  # it was made, and is over


def test_only_a_known_recent_redemption_is_cancelled():
    member = after(earn("p", 30), redeem("r", 10))
    with pytest.raises(RedemptionUnknown):
        cancel("s")(member)
    with pytest.raises(RedemptionTooOld):
        cancel("r", 365)(member)
    with pytest.raises(RedemptionTooOld):  # also once it was let go of
        cancel("r", 400)(after(earn("q", 1, 366), member=member))


def test_stars_run_out_180_days_after_the_last_activity():
    member = after(earn("p", 30), earn("q", 5, 10), redeem("r", 20, 20))
    assert time_passes(199)(member) == []
    (expired,) = time_passes(200)(member)
    assert (expired.stars, expired.inactive_since) == (15, day(20))
    assert expired.lots == (events.Portion(1, 10), events.Portion(2, 5))
    member = after(time_passes(200), member=member)
    assert member.balance == 0
    assert time_passes(201)(member) == time_passes(190)(member) == []


def test_a_purchase_after_the_time_does_not_save_old_stars():
    member = after(earn("p", 30), earn("late", 5, 181))
    assert left(member) == {"p": 0, "late": 5}
    with pytest.raises(NotEnoughStars):
        redeem("r", 5, 362)(member)


def test_stars_that_return_after_the_time_run_out_at_once():
    member = after(earn("p", 30), redeem("r", 10, 1), time_passes(181))
    kinds = [type(event).__name__ for event in cancel("r", 200)(member)]
    assert kinds == ["RedemptionCancelled", "StarsExpired"]
    member = after(cancel("r", 200), member=member)
    assert (member.balance, left(member)) == (0, {"p": 0})


def test_a_refund_takes_back_what_is_left_of_its_own_purchase():
    member = after(earn("p", 30), earn("q", 30), refund("p", 1))
    assert (left(member), member.balance, member.lifetime) == ({"p": 0, "q": 30}, 30, 30)
    assert refund("p", 2)(member) == []
    assert earn("p", 30, 3)(member) == []


def test_what_was_spent_before_a_refund_is_owed_by_that_lot_alone():
    member = after(earn("p", 30), earn("q", 30), redeem("r", 20, 1), refund("p", 2))
    assert (left(member), member.balance) == ({"p": 0, "q": 30}, 30)
    assert member.lots.get(1).owed == 20
    member = after(cancel("r", 3), member=member)
    assert (left(member), member.lots.get(1).owed) == ({"p": 0, "q": 30}, 0)


def test_a_partial_refund_leaves_what_the_rest_would_have_earned():
    member = after(earn("p", 100, digital=True), refund("p", 1, kept=usd(50, 50)))
    assert (member.balance, member.lifetime) == (62, 62)  # ceil(51 x 1.2)
    assert refund("p", 2, kept=usd(50, 50))(member) == []
    with pytest.raises(RefundGrows):
        refund("p", 2, kept=usd(51))(member)
    assert after(refund("p", 3), member=member).balance == 0


def test_only_a_known_recent_purchase_is_refunded():
    member = after(earn("p", 30))
    with pytest.raises(PurchaseUnknown):
        refund("q")(member)
    with pytest.raises(PurchaseCurrencyWrong):
        refund("p", kept=eur(1))(member)
    with pytest.raises(PurchaseTooOld):
        refund("p", 365)(member)
    with pytest.raises(PurchaseTooOld):  # also once it was let go of
        refund("p", 400)(after(redeem("r", 30), earn("q", 1, 390), member=member))


def test_what_can_no_longer_be_undone_is_let_go_of_but_not_forgotten():
    member = after()
    for number in range(1_000):
        member = after(
            earn(f"p{number}", 2, number), redeem(f"r{number}", 2, number), member=member
        )
    assert len(member.lots) == len(member.redemptions) == 366  # 2028 has a day more
    assert earn("p0", 2, 1_000)(member) == redeem("r0", 2, 1_000)(member) == []
    assert member.lifetime == 2_000


@pytest.mark.parametrize("name", ["a", "ana@example.com", "Ünïcödé 名前", "a b", "%2F", "x" * 256])
def test_a_name_is_whatever_an_address_can_carry(name):
    assert require_name(name) is None


@pytest.mark.parametrize("name", ["", "a/b", ".", "..", " a", "a\n", "a\x00b", "é" * 129, "\ud800"])
def test_a_name_that_no_address_can_carry_is_refused(name):
    with pytest.raises(MemberNameInvalid):
        require_name(name)


def test_a_decision_is_rewarded_once():
    reward = RewardSignalled(
        member=REF, decision="bid-1", model_version="m7", signal=0.5, reason="clicked",
        signalled_at=MONDAY,
    )  # fmt: skip
    assert signal(UNREWARDED, news=reward) == [reward]
    assert signal(reward, news=replace(reward, signalled_at=day(1))) == []
    with pytest.raises(RewardDiffers):
        signal(reward, news=replace(reward, signal=-0.5))
