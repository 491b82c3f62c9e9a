import json
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hotpath import _tcf_cy, _tcf_py
from hotpath.consent_string import WHY, BrokenConsent
from hotpath.tcf import ALLOWED, CONSENT, DISCLOSED, INTEREST
from tests.hotpath.consent_strings import (
    TC_STRINGS,
    UP_TO_VENDORS,
    base64url,
    bits,
    core_bits,
    mutations,
    naming_everyone,
    tc_string,
)

RECORDED = Path(__file__).parents[3] / "shared/data/tcf_strings.jsonl"
FIELDS = (
    "created_ds", "last_updated_ds", "cmp_id", "cmp_version", "consent_screen", "consent_language",
    "vendor_list_version", "policy_version", "is_service_specific", "use_non_standard_texts",
    "special_features", "purpose_consents", "purpose_interests", "purpose_one_treatment",
    "publisher_country", "has_publisher", "publisher_consents", "publisher_interests",
    "custom_purposes", "custom_consents", "custom_interests",
)  # fmt: skip
AGREED = tc_string(purposes={1, 2, 7}, vendors={3, 755}, policy=5, disclosed={3, 21, 755})


@pytest.fixture(params=["py", "cy"])
def tcf(request):
    return import_module(f"hotpath._tcf_{request.param}")


def refused(tcf, text):
    with pytest.raises(BrokenConsent) as broken:
        tcf.TcString(text)
    assert not tcf.permits(text, 1, 3)
    return broken.value.reason


def told(tcf, text):
    """Return all that a twin has to say of a text, its refusal included."""
    try:
        string = tcf.TcString(text)
    except BrokenConsent as broken:
        return broken.reason
    checks = [(purpose, vendor) for purpose in (0, 1, 2, 7, 24, 25) for vendor in (0, 1, 3, 755)]
    return (
        [getattr(string, field) for field in FIELDS],
        [string.vendors(section) for section in (CONSENT, INTEREST, DISCLOSED, ALLOWED)],
        string.restrictions(),
        [(string.consents(*check), string.interests(*check)) for check in checks],
    )


@pytest.mark.parametrize("in_ranges", [False, True])
def test_a_purpose_and_a_vendor_are_both_needed(tcf, in_ranges):
    text = tc_string(purposes={1, 24}, vendors={2, 3, 4, 700}, in_ranges=in_ranges)
    assert tcf.permits(text, 1, 3)
    assert tcf.permits(text, 24, 700)
    assert not tcf.permits(text, 2, 3)
    assert not tcf.permits(text, 1, 5)
    assert not tcf.permits(text, 0, 3)
    assert not tcf.permits(text, 25, 3)
    assert not tcf.permits(text, 1, 0)
    assert not tcf.permits(text, 1, 65_535)


def test_a_vendor_that_was_not_disclosed_has_no_consent(tcf):
    assert tcf.permits(AGREED, 1, 755)
    assert not tcf.permits(tc_string(purposes={1}, vendors={3}, disclosed={4}), 1, 3)


def test_from_tcf_2_3_on_disclosure_is_a_must(tcf):
    assert tcf.permits(tc_string(purposes={1}, vendors={3}, policy=4), 1, 3)
    assert not tcf.permits(tc_string(purposes={1}, vendors={3}, policy=5), 1, 3)


@pytest.mark.parametrize(
    ("kind", "consents", "interests"), [(0, False, False), (1, True, False), (2, False, True)]
)
def test_what_the_publisher_restricts_is_kept(tcf, kind, consents, interests):
    everything = {"purposes": {2}, "interests": {2}, "vendors": {3}, "vendor_interests": {3}}
    text = tc_string(**everything, restrictions=[(2, kind, {1, 2, 3}), (7, 0, {9})])
    assert tcf.TcString(text).consents(2, 3) is consents
    assert tcf.TcString(text).interests(2, 3) is interests


@pytest.mark.parametrize("purpose", [1, 3, 4, 5, 6])
def test_purposes_that_need_consent_have_no_legitimate_interest(tcf, purpose):
    text = tc_string(interests=range(1, 25), vendor_interests={3})
    assert tcf.TcString(text).interests(2, 3)
    assert not tcf.TcString(text).interests(purpose, 3)


def test_every_segment_is_read(tcf):
    string = tcf.TcString(
        tc_string(vendors={5}, disclosed={1, 2, 3}, allowed={9}, publisher=({1, 24}, {2}))
    )
    assert string.vendors(CONSENT) == [(5, 5)]
    assert string.vendors(INTEREST) == []
    assert string.vendors(DISCLOSED) == [(1, 3)]
    assert string.vendors(ALLOWED) == [(9, 9)]
    assert string.has_publisher
    assert string.publisher_consents == 1 | 1 << 23
    assert string.publisher_interests == 0b10
    assert (string.consent_language, string.publisher_country) == ("EN", "DE")


def test_a_segment_that_is_not_there_says_nothing(tcf):
    string = tcf.TcString(tc_string(vendors={5}))
    assert string.vendors(DISCLOSED) is None
    assert string.vendors(ALLOWED) is None
    assert not string.has_publisher


CORE = base64url(core_bits(purposes={1}, vendors={3}))


def with_vendors(*fields):
    return base64url(UP_TO_VENDORS + "".join(bits(*field) for field in fields) + "0" * 60)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("C" * 16_385, "too_long"),
        ("é", "not_base64url"),
        ("\ud800", "not_base64url"),
        (CORE + "=", "not_base64url"),
        (CORE + ".", "segment_empty"),
        ("." + CORE, "segment_empty"),
        (CORE + "..IAAA", "segment_empty"),
        ("BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA", "version_1"),
        ("DBAA", "version_unknown"),
        ("C", "cut_short"),
        (CORE[:30], "cut_short"),
        (CORE + "B", "left_over"),
        (CORE + ".QA", "cut_short"),
        (CORE + ".-AAA", "segment_unknown"),
        (CORE + "." + CORE, "segment_unknown"),
        (CORE + ".IAAA.IAAA", "segment_repeated"),
        (with_vendors((9, 16), (1, 1), (1, 12), (0, 1), (0, 16)), "vendor_zero"),
        (with_vendors((9, 16), (1, 1), (1, 12), (0, 1), (10, 16)), "vendor_beyond_max"),
        (with_vendors((9, 16), (1, 1), (1, 12), (1, 1), (5, 16), (4, 16)), "range_backwards"),
        (base64url(core_bits(restrictions=[(0, 1, {3})])), "restriction_unknown"),
        (base64url(core_bits(restrictions=[(2, 3, {3})])), "restriction_unknown"),
    ],
)
def test_a_broken_string_is_refused_with_its_reason(tcf, text, reason):
    assert refused(tcf, text) == reason
    assert WHY[reason]


def test_a_short_string_that_names_everyone_stays_small(tcf):
    string = tcf.TcString(naming_everyone(1_000))
    assert string.vendors(CONSENT) == [(1, 65_535)] * 1_000


@given(TC_STRINGS)
def test_a_string_cut_anywhere_never_says_more(text):
    whole = _tcf_py.TcString(text)
    for end in range(0, len(text), 7):
        for purpose, vendor in ((1, 3), (2, 755)):
            permitted = _tcf_cy.permits(text[:end], purpose, vendor)
            assert not permitted or (
                whole.purpose_consents >> (purpose - 1) & 1 and within(whole, CONSENT, vendor)
            )


def within(string, section, vendor):
    return any(first <= vendor <= last for first, last in string.vendors(section) or ())


@given(mutations() | st.text(max_size=60) | st.text("ABCQgxyz_-.", max_size=120))
@example("\ud800.")
@example("C" + "_" * 43)
def test_the_twins_agree_on_whatever_comes(text):
    assert told(_tcf_py, text) == told(_tcf_cy, text)


@given(TC_STRINGS)
def test_the_twins_agree_on_whole_strings(text):
    ours = told(_tcf_py, text)
    assert ours == told(_tcf_cy, text)
    assert not isinstance(ours, str)


@given(mutations(), st.integers(1, 24), st.integers(1, 800))
def test_a_mutation_consents_only_where_it_decodes_as_saying_so(text, purpose, vendor):
    if not _tcf_cy.permits(text, purpose, vendor):
        return
    string = _tcf_py.TcString(text)
    assert string.purpose_consents >> (purpose - 1) & 1
    assert within(string, CONSENT, vendor)
    assert string.policy_version < 5 or within(string, DISCLOSED, vendor)


@pytest.mark.skipif(
    not RECORDED.is_file(), reason="the recorded strings in ../shared/data are not on this machine"
)
def test_strings_met_in_the_wild_are_read_alike_by_both_twins():
    texts = [json.loads(line)["string"] for line in RECORDED.read_text().splitlines()]
    said = [told(_tcf_py, text) for text in texts]
    assert said == [told(_tcf_cy, text) for text in texts]
    assert sum(isinstance(each, str) for each in said) == 9
