"""The IAB's own JavaScript libraries say what strings mean: ours must agree, both ways."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hotpath.consent_string import BrokenConsent
from hotpath.gpp import gpp
from hotpath.tcf import ALLOWED, CONSENT, DISCLOSED, INTEREST, TcString
from tests.hotpath.consent_strings import tc_string

ORACLES = Path(__file__).parents[1] / "oracles"
RECORDED = Path(__file__).parents[3] / "shared/data"
TCF_STRINGS, GPP_STRINGS = 420, 320
PLAIN = (
    "created_ds", "last_updated_ds", "cmp_id", "cmp_version", "consent_screen", "consent_language",
    "vendor_list_version", "policy_version", "is_service_specific", "use_non_standard_texts",
    "purpose_one_treatment", "publisher_country", "custom_purposes",
)  # fmt: skip
SETS = (
    "special_features", "purpose_consents", "purpose_interests", "publisher_consents",
    "publisher_interests", "custom_consents", "custom_interests",
)  # fmt: skip
SECTIONS = {
    CONSENT: "vendor_consents",
    INTEREST: "vendor_interests",
    DISCLOSED: "vendors_disclosed",
    ALLOWED: "vendors_allowed",
}


@pytest.fixture(scope="module", autouse=True)
def _libraries():
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("node and npm are not on this machine")
    if not (ORACLES / "node_modules/.package-lock.json").exists():
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        installed = subprocess.run(command, cwd=ORACLES, capture_output=True, check=False)
        if installed.returncode:
            pytest.skip("npm cannot install the IAB's libraries on this machine")


def iab(script, *arguments, strings=()):
    answered = subprocess.run(
        ["node", script, *map(str, arguments)],
        cwd=ORACLES,
        input="\n".join(strings),
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in answered.stdout.splitlines()]


def members(number):
    return [bit + 1 for bit in range(number.bit_length()) if number >> bit & 1]


def spread(ranges):
    return sorted({vendor for first, last in ranges or () for vendor in range(first, last + 1)})


def restrictions_of(restrictions):
    """Return (purpose, kind, vendors) with vendors of the same restriction together."""
    found = {}
    for purpose, kind, vendors in restrictions:
        found.setdefault((purpose, kind), set()).update(spread(vendors))
    return [[*key, sorted(vendors)] for key, vendors in sorted(found.items()) if vendors]


def fields(string):
    return {
        **{name: getattr(string, name) for name in PLAIN},
        **{name: members(getattr(string, name)) for name in SETS},
        **{name: spread(string.vendors(section)) for section, name in SECTIONS.items()},
        "restrictions": restrictions_of(string.restrictions()),
    }


def theirs(told):
    return {**told, "restrictions": [each for each in told["restrictions"] if each[2]]}


def test_their_tc_strings_say_to_us_what_they_say_to_them():
    made = iab("tcf.mjs", "encode", TCF_STRINGS, 20261122)
    assert len(made) == TCF_STRINGS
    for each in made:
        assert fields(TcString(each["string"])) == theirs(each["fields"]), each["string"]


def test_their_models_come_through_their_encoder_and_our_decoder():
    for each in iab("tcf.mjs", "encode", 100, 7):
        ours, asked = fields(TcString(each["string"])), each["asked"]
        for name in ("purpose_consents", "vendor_consents", "special_features", "cmp_id"):
            assert ours[name] == asked[name], each["string"]


def test_our_tc_strings_say_to_them_what_they_say_to_us():
    strings = [
        tc_string(
            purposes=range(1, purposes),
            interests={2, 7},
            vendors={3, *range(20, 20 + purposes)},
            vendor_interests={21},
            restrictions=[(2, purposes % 3, {5, 6, 700})],
            disclosed={3, 20, 21},
            publisher=({1}, {2}),
            in_ranges=purposes % 2 == 0,
        )
        for purposes in range(2, 25)
    ]
    answers = iab("tcf.mjs", "decode", strings=strings)
    for string, answer in zip(strings, answers, strict=True):
        assert fields(TcString(string)) == theirs(answer["fields"])


def recorded(name):
    path = RECORDED / name
    if not path.is_file():
        pytest.skip("the recorded strings in ../shared/data are not on this machine")
    return [json.loads(line)["string"] for line in path.read_text().splitlines()]


def test_tc_strings_met_in_the_wild_say_the_same_to_both():
    strings = recorded("tcf_strings.jsonl")
    both = 0
    for string, answer in zip(strings, iab("tcf.mjs", "decode", strings=strings), strict=True):
        try:
            ours = fields(TcString(string))
        except BrokenConsent:
            assert "error" in answer, f"only we refuse {string}"
            continue
        if "fields" in answer:
            both += 1
            assert ours == theirs(answer["fields"])
        else:  # They know that CMP ids begin at 2; that is no matter of the format.
            assert "cmpId" in answer["error"], f"only they refuse {string}"
    assert both >= 20


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def us_fields(section):
    """Return the section as their `toObj` names it."""
    plain = {name: list(values) for name, values in section.fields.items()}
    return {**plain, **({} if section.gpc is None else {"gpc": section.gpc})}


def their_us_fields(told):
    left_out = {"gpc_segment_type", "gpc_segment_included", "version", "mspa_version"}
    left_out.add("sensitive_data_consent_segment_included")
    named = {snake(name): value for name, value in told.items()}
    return {
        name: value if isinstance(value, list | bool) else [value]
        for name, value in named.items()
        if name not in left_out
    }


def flags(values):
    return [number for number, value in enumerate(values, start=1) if value]


def check_canada(ours, told):
    core, publisher = ours.core, ours.publisher
    assert core.cmp_id == told["CmpId"]
    assert core.cmp_version == told["CmpVersion"]
    assert core.consent_screen == told["ConsentScreen"]
    assert core.consent_language == told["ConsentLanguage"]
    assert core.vendor_list_version == told["VendorListVersion"]
    assert core.policy_version == told["TcfPolicyVersion"]
    assert core.use_non_standard_stacks == told["UseNonStandardStacks"]
    assert members(core.special_features) == flags(told["SpecialFeatureExpressConsent"])
    assert members(core.purpose_express) == flags(told["PurposesExpressConsent"])
    assert members(core.purpose_implied) == flags(told["PurposesImpliedConsent"])
    assert spread(core.vendor_express) == told["VendorExpressConsent"]
    assert spread(core.vendor_implied) == told["VendorImpliedConsent"]
    assert spread(ours.disclosed) == told["DisclosedVendors"]
    assert [[each.purpose, each.kind, spread(each.vendors)] for each in core.restrictions] == [
        [each["key"], each["type"], each["ids"]] for each in told["PubRestrictions"]
    ]
    assert members(publisher.express) == flags(told["PubPurposesExpressConsent"])
    assert members(publisher.implied) == flags(told["PubPurposesImpliedConsent"])
    assert publisher.custom_purposes == told["NumCustomPurposes"]
    assert members(publisher.custom_express) == flags(told["CustomPurposesExpressConsent"])
    assert members(publisher.custom_implied) == flags(told["CustomPurposesImpliedConsent"])


def check_europe(ours, told):
    assert ours.cmp_id == told["CmpId"]
    assert ours.consent_language == told["ConsentLanguage"]
    assert members(ours.purpose_consents) == flags(told["PurposeConsents"])
    assert members(ours.purpose_interests) == flags(told["PurposeLegitimateInterests"])
    assert members(ours.special_features) == flags(told["SpecialFeatureOptins"])
    assert spread(ours.vendors(CONSENT)) == told["VendorConsents"]
    assert spread(ours.vendors(INTEREST)) == told["VendorLegitimateInterests"]
    assert spread(ours.vendors(DISCLOSED)) == told["VendorsDisclosed"]
    assert [[each.purpose, each.kind, spread(each.vendors)] for each in ours.restrictions()] == [
        [each["key"], each["type"], each["ids"]] for each in told["PublisherRestrictions"]
    ]
    assert members(ours.publisher_consents) == flags(told["PublisherConsents"])
    assert members(ours.custom_consents) == flags(told["PublisherCustomConsents"])


def check_platform(string, told):
    ours = gpp(string)
    states = {section.name: section for section in ours.us}
    assert set(told) == set(states) | {
        name
        for name, section in (
            ("tcfeuv2", ours.tcf_eu), ("tcfcav1", ours.tcf_ca), ("uspv1", ours.us_privacy)
        )
        if section is not None
    }  # fmt: skip
    for name, section in told.items():
        match name:
            case "tcfeuv2":
                check_europe(ours.tcf_eu, section)
            case "tcfcav1":
                check_canada(ours.tcf_ca, section)
            case "uspv1":
                parts = [section[part] for part in ("Notice", "OptOutSale", "LspaCovered")]
                assert list(ours.us_privacy) == parts
            case _:
                assert us_fields(states[name]) == their_us_fields(section), name


def test_their_gpp_strings_say_to_us_what_they_say_to_them():
    made = iab("gpp.mjs", "encode", GPP_STRINGS, 20261122)
    assert len(made) == GPP_STRINGS
    seen = {name for each in made for name in each["sections"]}
    assert len(seen) == 24
    for each in made:
        check_platform(each["string"], each["sections"])


def test_gpp_strings_met_in_the_wild_say_the_same_to_both():
    strings = recorded("gpp_strings.jsonl")
    both = 0
    for string, answer in zip(strings, iab("gpp.mjs", "decode", strings=strings), strict=True):
        try:
            gpp(string)
        except BrokenConsent:
            continue  # They skip versions and values that do not exist; we refuse them.
        assert "sections" in answer, f"only they refuse {string}"
        both += 1
    assert both >= 15
