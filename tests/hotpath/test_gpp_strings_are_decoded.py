import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hotpath.consent_string import BrokenConsent
from hotpath.gpp import gpp, sections
from hotpath.us_privacy import global_privacy_control, us_privacy
from hotpath.us_sections import LAYOUTS
from tests.hotpath.consent_strings import base64url, bits, mutations, tc_string

EUROPE = tc_string(purposes={1}, vendors={755})
BOTH = f"DBACNYA~{EUROPE}~1YNN"
NATIONAL = "BSJgmkoZJSA.YA"


def refused(text, decode=gpp):
    with pytest.raises(BrokenConsent) as broken:
        decode(text)
    return broken.value.reason


def header(*ids):
    """Return a header that announces these section ids."""
    entries, before = "", 0
    for section in ids:
        entries += "0" + fibonacci(section - before)
        before = section
    return base64url(bits(3, 6) + bits(1, 6) + bits(len(ids), 12) + entries)


def fibonacci(number):
    series = [1, 2]
    while series[-1] <= number:
        series.append(series[-1] + series[-2])
    digits = ""
    for each in reversed(series[:-1]):
        digits = ("1" if each <= number else "0") + digits
        number -= each if each <= number else 0
    return digits.rstrip("0") + "1"


def test_each_section_is_found_by_its_id():
    assert sections(BOTH) == {2: EUROPE, 6: "1YNN"}
    platform = gpp(BOTH)
    assert platform.tcf_eu.consents(1, 755)
    assert platform.us_privacy == ("Y", "N", "N")
    assert platform.tcf_ca is None


def test_a_header_alone_says_nothing():
    assert gpp("DBAA") == (None, None, None, (), ())


def test_a_section_of_the_future_is_passed_over():
    platform = gpp(f"{header(6, 300)}~1YNN~whatever")
    assert platform.unknown == (300,)
    assert platform.us_privacy.notice == "Y"


def test_national_fields_are_read_by_name():
    (national,) = gpp(f"{header(7)}~{NATIONAL}").us
    assert (national.name, national.version, national.gpc) == ("usnat", 1, True)
    assert national.fields["sale_opt_out"] == (2,)
    assert len(national.fields["sensitive_data_processing"]) == 12


@pytest.mark.parametrize(("section", "version"), sorted(LAYOUTS))
def test_every_section_of_the_states_is_read_to_its_last_field(section, version):
    layout = LAYOUTS[section, version]
    fields = [field.partition("*") for field in layout.core.split()]
    values = "".join("01" * int(many or 1) for _, _, many in fields)
    text = base64url(bits(version, 6) + values)
    (read,) = gpp(f"{header(section)}~{text}").us
    assert [name for name, _, _ in fields] == list(read.fields)
    assert {value for each in read.fields.values() for value in each} == {1}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("~", "header_malformed"),
        ("1YNN", "header_malformed"),
        ("CAAA", "header_malformed"),
        ("DCAA", "version_unknown"),
        ("D", "cut_short"),
        ("DBAé", "not_base64url"),
        ("DBACNYA", "sections_miscounted"),
        (f"DBACNYA~{EUROPE}", "sections_miscounted"),
        (f"DBABMA~{EUROPE}~1YNN", "sections_miscounted"),
        ("DBABTA~", "segment_empty"),
        ("DBABTA~present", "us_privacy_malformed"),
        ("DBABTA~2YNN", "us_privacy_malformed"),
        (f"{header(7)}~{NATIONAL}.YA.YA", "segment_unknown"),
        (f"{header(7)}~{NATIONAL[:-3]}.", "segment_empty"),
        (f"{header(7)}~DSJgmkoZJSA", "version_unknown"),
        (f"{header(8)}~B____________", "value_unknown"),
        (f"{header(8)}~BAA", "cut_short"),
        (f"{header(8)}~BAAAAABA.AA", "segment_unknown"),
        (f"{header(5)}~", "segment_empty"),
        (f"{header(5)}~CAAA", "version_unknown"),
        (f"{header(2)}~BAAA", "version_1"),
        ("D" * 40_000, "too_long"),
    ],
)
def test_a_broken_string_is_refused_with_its_reason(text, reason):
    assert refused(text) == reason


def test_a_header_that_announces_everything_is_refused_at_once():
    everything = bits(1, 12) + "1" + fibonacci(1) + fibonacci(60_000)
    assert refused(base64url(bits(3, 6) + bits(1, 6) + everything)) == "sections_miscounted"


@given(mutations(st.just(BOTH) | st.just(f"{header(7)}~{NATIONAL}")) | st.text(max_size=80))
@example(f"{header(5)}~" + "B" + "_" * 90)
@example("D\ud800")
def test_whatever_comes_is_decoded_or_refused(text):
    with contextlib.suppress(BrokenConsent):
        assert len(sections(text)) == text.count("~")
        gpp(text)


@pytest.mark.parametrize("text", ["1YNN", "1---", "1nyN"])
def test_a_us_privacy_string_is_four_characters(text):
    assert us_privacy(text) == tuple(text[1:].upper())


@pytest.mark.parametrize("text", ["1YN", "1YNNN", "0YNN", "1YXN", "1 YN", "1Yné", "\u0131YNN"])
def test_anything_else_is_no_us_privacy_string(text):
    assert refused(text, us_privacy) == "us_privacy_malformed"


def test_nothing_is_no_us_privacy_string():
    assert refused("", us_privacy) == "empty"


@pytest.mark.parametrize(
    ("header", "asked"),
    [("1", True), (" 1 ", True), ("0", False), ("true", False), ("", False), (None, False)],
)
def test_only_a_one_is_global_privacy_control(header, asked):
    assert global_privacy_control(header) is asked
