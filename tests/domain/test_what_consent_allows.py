import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.consent import UNASKED, Checking, FullConsent, PartialConsent, allows
from domain.consent.choices import choices
from domain.consent.policies import (
    American,
    Canadian,
    Law,
    Signals,
    judge,
    law_of,
)
from domain.consent.purposes import EVERY, SALE, STANDARD
from domain.consent.reading import Signal, permits, purposes_of
from domain.consent.state import standing
from domain.consent.vendors import among, holds, members, spelled, text_of, union, without
from tests.consenting import ALL, DV360, STRANGER, TRADE_DESK, evidence, reading
from tests.people import MONDAY

FULL = FullConsent(readings=(ALL,), evidence=evidence())
PARTIAL = PartialConsent(
    readings=(reading(purposes=(1, 2), vendors="755", barred={2: "755"}),), evidence=evidence()
)
ASKED = Checking(cmp="shown", since=MONDAY, before=UNASKED)


@pytest.mark.parametrize(
    ("consent", "purpose", "partner", "allowed"),
    [
        (UNASKED, 1, DV360, False),
        (ASKED, 1, DV360, False),
        (FULL, 1, DV360, True),
        (FULL, 11, TRADE_DESK, True),
        (FULL, 12, DV360, False),
        (FULL, 0, DV360, False),
        (FULL, 1, STRANGER, False),
        (FULL, 1, 0, False),
        (FULL, 1, None, True),
        (FULL, "storage", "dv360", True),
        (FULL, "analytics", "google", True),
        (FULL, "all", "ttd", True),
        (FULL, "7", "755", True),
        (FULL, "newsletter", DV360, False),
        (FULL, 1, "meta_ads", False),
        (PARTIAL, 1, DV360, True),
        (PARTIAL, 2, DV360, False),
        (PARTIAL, 2, None, True),
        (PARTIAL, 1, TRADE_DESK, False),
        (PARTIAL, 3, DV360, False),
        (PARTIAL, "advertising", DV360, False),
    ],
)
def test_what_is_allowed_by_purpose_and_partner(consent, purpose, partner, allowed):
    assert allows(consent, purpose, partner) is allowed


def chosen(purposes, partners=()):
    said = choices(dict(purposes), dict.fromkeys(map(str, partners), True))
    return standing((said,), evidence())


def test_choices_may_have_names_of_their_own():
    consent = chosen({"newsletter": True, "analytics": True}, ["shop_radio", "meta"])
    assert allows(consent, "newsletter", "shop_radio")
    assert allows(consent, 8, "meta_ads")
    assert not allows(consent, "newsletter", DV360)
    assert not allows(consent, "surveys", "shop_radio")
    assert not allows(consent, 3)


def test_partners_by_name_and_by_number_are_the_same():
    for partner in ("dv360", "Google".lower(), 755, "755"):
        assert allows(chosen({"1": True}, [partner]), 1, DV360)
        assert allows(chosen({"1": True}, [DV360]), 1, partner)


def test_analytics_alone_is_partial_and_the_three_groups_are_full():
    assert isinstance(chosen({"analytics": True}), PartialConsent)
    groups = {"analytics": True, "advertising": True, "personalization": True}
    assert isinstance(chosen(groups), FullConsent)
    assert isinstance(chosen({"all": True}), FullConsent)
    assert isinstance(chosen(dict.fromkeys(STANDARD.values(), True)), FullConsent)


def test_a_refused_group_takes_its_purposes_out_of_the_others():
    consent = chosen({"advertising": True, "analytics": False})
    assert purposes_of(consent.readings) == (1, 2, 3, 4)
    assert purposes_of(chosen({"all": True, "storage": False}).readings) == EVERY[1:]


def test_a_partner_refused_under_one_name_is_refused_under_all():
    for yes, no in (("google", "dv360"), ("755", "dv360"), ("meta", "meta_ads")):
        consent = standing((choices({"1": True}, {yes: True, no: False}),), evidence())
        assert allows(consent, 1)
        assert not allows(consent, 1, yes)
        assert not allows(consent, 1, no)


def test_everyone_but_some_can_be_chosen():
    said = choices({"all": True}, {"all": True, "dv360": False})
    consent = standing((said,), evidence())
    assert allows(consent, 1, TRADE_DESK)
    assert allows(consent, 1, 65_535)
    assert not allows(consent, 1, DV360)
    assert not allows(consent, 1, "meta_ads")


@pytest.mark.parametrize(
    ("region", "law"),
    [
        ("DE", Law.GDPR),
        ("GB", Law.GDPR),
        ("US-CA", Law.CCPA),
        ("US", Law.CCPA),
        ("BR", Law.LGPD),
        ("CA", Law.PIPEDA),
        ("CA-QC", Law.PIPEDA),
        ("ZZ", Law.GDPR),
    ],
)
def test_every_region_has_a_law_and_unknown_ones_the_strictest(region, law):
    assert law_of(region) is law


NOT_OPTED_OUT = American(Signal.US_PRIVACY, opted_out=False, could_have=True)
OPTED_OUT = American(Signal.US_PRIVACY, opted_out=True, could_have=True)
SILENT = American(Signal.US_PRIVACY, opted_out=False, could_have=False)
CANADIAN = Canadian(frozenset({1, 3}), frozenset(EVERY), "755", "21,755")
EXPECTED = (1, 2, 3, 7, 8, 9, 10, 11)
EUROPEAN = (reading(purposes=(1, 2, 3), vendors="755"),)


def allowed(region, *asked, **signals):
    _, readings = judge(Signals(**signals), region)
    return [permits(readings, *each) for each in asked]


@pytest.mark.parametrize(
    ("region", "law", "signals", "own", "dv360"),
    [
        # Europe and Brazil: nothing without a yes, and US signals only take away.
        ("DE", Law.GDPR, {"europe": EUROPEAN}, (1, 2, 3), (1, 2, 3)),
        ("BR", Law.LGPD, {"europe": EUROPEAN}, (1, 2, 3), (1, 2, 3)),
        ("DE", Law.GDPR, {"america": (NOT_OPTED_OUT,)}, (), ()),
        ("DE", Law.GDPR, {"gpc": True}, (), ()),
        ("DE", Law.GDPR, {"europe": EUROPEAN, "gpc": True}, (1, 2), ()),
        ("DE", Law.GDPR, {"europe": EUROPEAN, "america": (OPTED_OUT,)}, (1, 2), ()),
        ("DE", Law.GDPR, {"europe": EUROPEAN, "america": (NOT_OPTED_OUT,)}, (1, 2, 3), (1, 2, 3)),
        # The United States: all until someone opts out of sale, and then only our own use.
        ("US-CA", Law.CCPA, {"america": (NOT_OPTED_OUT,)}, EVERY, EVERY),
        ("US-CA", Law.CCPA, {"america": (OPTED_OUT,)}, tuple(sorted({*EVERY} - SALE)), ()),
        ("US-CA", Law.CCPA, {"gpc": True}, tuple(sorted({*EVERY} - SALE)), ()),
        ("US-CA", Law.CCPA, {"america": (SILENT,)}, (), ()),
        ("US", Law.CCPA, {"america": (NOT_OPTED_OUT,), "europe": EUROPEAN}, (1, 2, 3), (1, 2, 3)),
        # Canada: what people expect may be implied, profiles and storage may not.
        ("CA", Law.PIPEDA, {"canada": CANADIAN}, EXPECTED, EXPECTED),
        ("CA-QC", Law.PIPEDA, {"canada": CANADIAN}, (1, 3), (1, 3)),
        # Without a region the signals tell the law, the strictest of them.
        (None, Law.GDPR, {"europe": EUROPEAN}, (1, 2, 3), (1, 2, 3)),
        (None, Law.GDPR, {"europe": EUROPEAN, "canada": CANADIAN}, (1, 3), (1, 3)),
        (None, Law.CCPA, {"america": (NOT_OPTED_OUT,)}, EVERY, EVERY),
        (None, Law.PIPEDA, {"canada": CANADIAN}, EXPECTED, EXPECTED),
        (None, Law.GDPR, {}, (), ()),
    ],
)
def test_each_law_reads_signals_in_its_own_way(region, law, signals, own, dv360):
    judged = judge(Signals(**signals), region)
    assert judged.law is law
    assert purposes_of(judged.readings) == own
    assert tuple(n for n in EVERY if permits(judged.readings, n, DV360)) == dv360


def test_a_vendor_with_implied_consent_alone_gets_nothing_that_must_be_express():
    assert allowed("CA", (2, TRADE_DESK), (3, TRADE_DESK), (3, DV360), canada=CANADIAN) == [
        True,
        False,
        True,
    ]


SIGNALS = st.builds(
    Signals,
    europe=st.lists(
        st.builds(
            reading,
            purposes=st.frozensets(st.sampled_from(EVERY)),
            vendors=st.sampled_from(["21", "755", "21,755"]),
        ),
        max_size=2,
    ).map(tuple),
    canada=st.none() | st.just(CANADIAN),
    america=st.lists(st.sampled_from([NOT_OPTED_OUT, OPTED_OUT, SILENT]), max_size=2).map(tuple),
    gpc=st.booleans(),
    choices=st.none() | st.just(choices({"analytics": True}, {"dv360": True})),
)
USES = [(purpose, partner) for purpose in EVERY for partner in (None, 21, 755, "meta_ads")]


@given(SIGNALS, st.sampled_from(["DE", "US-CA", "BR", "CA", "CA-QC"]))
def test_global_privacy_control_never_allows_more_beside_another_signal(signals, region):
    if not any(signals[:3] + signals[4:]):
        return
    without_it, with_it = (
        judge(signals._replace(gpc=gpc), region).readings for gpc in (False, True)
    )
    # A word from the United States may be silent, and then control alone speaks.
    if any(reading.opts_in for reading in without_it):
        for use in USES:
            assert permits(without_it, *use) or not permits(with_it, *use)


@given(SIGNALS, st.sampled_from(["DE", "BR"]))
def test_where_people_opt_in_each_yes_needs_every_yes(signals, region):
    readings = judge(signals, region).readings
    for use in USES:
        if permits(readings, *use):
            yes = [each for each in readings if each.opts_in]
            assert yes
            assert all(permits([each], *use) for each in yes)


SETS = st.frozensets(st.integers(1, 70), max_size=12)


def as_text(vendors):
    return text_of((vendor, vendor) for vendor in vendors)


@given(SETS, SETS)
def test_sets_of_vendors_are_sets(ours, theirs):
    both = as_text(ours), as_text(theirs)
    assert among(*both) == as_text(ours & theirs)
    assert without(*both) == as_text(ours - theirs)
    assert union(*both) == as_text(ours | theirs)
    assert spelled(members(both[0])) == both[0]
    assert [vendor for vendor in range(80) if holds(both[0], vendor)] == sorted(ours)


def test_everyone_is_everyone():
    assert among("*", "1-3") == "1-3"
    assert union("*", "1-3") == "*"
    assert holds("*", 65_535)
    assert not holds("*", 0)
