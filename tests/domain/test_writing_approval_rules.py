import pytest
from msgspec.structs import replace

from domain.approvals import UNSEEDED, Rule, evolve, rules_of, seeded
from domain.approvals import decisions as rules
from domain.approvals.events import ApprovalRuleRemoved, ApprovalRuleSet
from tests.people import ANA, BEN, MIA, MONDAY, TUESDAY, actor, eur, usd
from tests.spec import given_approval_rules

SEEDED = tuple(ApprovalRuleSet(rule=r, set_by="setup", set_at=MONDAY) for r in seeded("USD"))
BRAND = Rule(name="brand", role="guardian", channels=("video",), creative_review=True)


def setting(rule, *, history=SEEDED, by=ANA, **more):
    return given_approval_rules(*history).when(
        rules.set_rule, rule=rule, currency="USD", by=by, at=TUESDAY, **more
    )


def removing(name, *, history=SEEDED, by=ANA):
    return given_approval_rules(*history).when(
        rules.remove_rule, name=name, currency="USD", by=by, at=TUESDAY
    )


def test_the_seeded_rules_are_those_of_the_brd():
    standard, high, regulated = seeded("EUR")
    assert (standard.role, standard.min_approvals) == ("manager", 1)
    assert (standard.auto_approve_below, standard.above) == (eur(1_000), None)
    assert (high.role, high.min_approvals) == ("director", 2)
    assert (high.auto_approve_below, high.above) == (None, eur(50_000))
    assert (regulated.role, regulated.min_approvals) == ("compliance", 2)
    assert regulated.channels == ("alcohol", "gambling", "pharma", "finance")


def test_a_tenant_is_seeded_once():
    taken = given_approval_rules().when(rules.seed, currency="USD", by="setup", at=MONDAY)
    taken.then(*SEEDED)
    given_approval_rules(*SEEDED).when(
        rules.seed, currency="EUR", by="setup", at=TUESDAY
    ).then_nothing()


def test_whoever_has_no_rules_yet_has_the_seeded_ones():
    assert rules_of(UNSEEDED, currency="EUR") == seeded("EUR")


def test_a_new_rule_is_written_with_who_wrote_it():
    setting(BRAND).then(ApprovalRuleSet(rule=BRAND, set_by="ana", set_at=TUESDAY))


def test_the_first_change_writes_the_seeded_rules_down_too():
    news = setting(BRAND, history=()).take()
    assert [event.rule.name for event in news] == ["standard", "high_budget", "regulated", "brand"]


def test_writing_what_stands_there_already_is_silent():
    setting(SEEDED[0].rule).then_nothing()
    setting(SEEDED[0].rule, history=(), is_new=True).then_nothing()


def test_a_new_rule_does_not_replace_one_of_its_name():
    other = replace(SEEDED[0].rule, min_approvals=2)
    setting(other, is_new=True).then_refused(rules.ApprovalRuleTaken)
    setting(other).take()


def test_a_removed_rule_is_gone_and_removed_again_in_silence():
    (event,) = removing("regulated").take()
    assert event == ApprovalRuleRemoved(name="regulated", removed_by="ana", removed_at=TUESDAY)
    removing("regulated", history=(*SEEDED, event)).then_nothing()
    back = setting(SEEDED[2].rule, history=(*SEEDED, event), is_new=True).take()
    removing("regulated", history=(*SEEDED, event, *back)).take()


def test_a_rule_nobody_wrote_cannot_be_removed():
    removing("brand").then_refused(rules.ApprovalRuleUnknown)
    removing("brand", history=()).then_refused(rules.ApprovalRuleUnknown)
    assert len(removing("standard", history=()).take()) == 4


def test_rules_are_changed_by_whoever_may_change_the_agencys_own():
    for by in (MIA, actor("mo", "marketer")):
        setting(BRAND, by=by).then_refused(rules.RuleKeeperNeeded)
        removing("standard", by=by).then_refused(rules.RuleKeeperNeeded)
    setting(BRAND, by=BEN).take()


BROKEN = {
    "a name that is none": (replace(BRAND, name="Brand Safety"), {"/name"}),
    "no name": (replace(BRAND, name=""), {"/name"}),
    "no role": (replace(BRAND, role=" "), {"/role"}),
    "a role that writes": (replace(BRAND, role="admin"), {"/role"}),
    "nobody asked": (replace(BRAND, min_approvals=0), {"/min_approvals"}),
    "a crowd asked": (replace(BRAND, min_approvals=101), {"/min_approvals"}),
    "a blank channel": (replace(BRAND, channels=("video", " ")), {"/channels/1"}),
    "channels without end": (replace(BRAND, channels=("tv",) * 101), {"/channels"}),
    "two currencies": (
        replace(BRAND, above=usd(1), auto_approve_below=eur(2)),
        {"/above/currency"},
    ),
    "all of it": (
        replace(BRAND, name="?", role="", min_approvals=0),
        {"/name", "/role", "/min_approvals"},
    ),
}


@pytest.mark.parametrize(("rule", "pointers"), BROKEN.values(), ids=BROKEN)
def test_a_broken_rule_is_refused_naming_the_field(rule, pointers):
    refusal = setting(rule).then_refused(rules.ApprovalRuleInvalid)
    assert {error.pointer for error in refusal.errors} == pointers


def test_an_agency_has_a_bounded_number_of_rules():
    many = [
        ApprovalRuleSet(rule=replace(BRAND, name=f"r{n}"), set_by="ana", set_at=MONDAY)
        for n in range(rules.RULES_MAX)
    ]
    setting(BRAND, history=many).then_refused(rules.ApprovalRuleInvalid)
    setting(replace(BRAND, name="r7", role="manager"), history=many).take()


def test_a_rule_that_was_removed_before_any_was_written_leaves_an_empty_book():
    removed = ApprovalRuleRemoved(name="x", removed_by="ana", removed_at=MONDAY)
    assert rules_of(evolve(UNSEEDED, removed), currency="USD") == ()
