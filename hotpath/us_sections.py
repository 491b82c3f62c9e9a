"""The sections of the United States in a GPP string: one national, and one for each state.

Source: IAB Tech Lab, "Global Privacy Platform, Sections", US-National (versions 1 and 2) and
the states' own. All fields have two bits: 0 does not apply, 1 and 2 as the field's name says
(of an opt-out: 1 opted out, 2 did not; of a notice: 1 given, 2 not given; of a consent: 1 none,
2 given). `*n` is a list of n such fields.
"""

from typing import NamedTuple

from hotpath.consent_string import BrokenConsent
from hotpath.gpp_bits import GppBits

_MSPA = "mspa_covered_transaction mspa_opt_out_option_mode mspa_service_provider_mode"
_HEAD = "mspa_covered_transaction mspa_mode processing_notice"
_OPT_OUTS = (
    "sale_opt_out_notice targeted_advertising_opt_out_notice"
    " sale_opt_out targeted_advertising_opt_out"
)
_SENSITIVE = "sensitive_data_processing*"
_CHILD = "known_child_sensitive_data_consents"
_MORE = "additional_data_processing_consent"
_NATIONAL = (
    "sharing_notice sale_opt_out_notice sharing_opt_out_notice targeted_advertising_opt_out_notice"
    " sensitive_data_processing_opt_out_notice sensitive_data_limit_use_notice sale_opt_out"
    " sharing_opt_out targeted_advertising_opt_out"
)
_GPC, _NONE = "gpc", ""
_TWO_BITS_MAX = 2
_LATE = f"{_HEAD} {_OPT_OUTS} {_CHILD} {_MORE}"


class _Layout(NamedTuple):
    name: str
    core: str
    second: str = _GPC


def _state(name: str, notice: str, sensitive: int, child: str, *, second: str = _GPC) -> _Layout:
    core = f"{notice} {_OPT_OUTS} {_SENSITIVE}{sensitive} {child} {_MSPA}"
    return _Layout(name, core, second)


_NATIONAL_ID = 7
_FIRST_BITS, _SHORT_BITS = 60, 66  # the first layout, and as padded to whole letters
LAYOUTS: dict[tuple[int, int], _Layout] = {
    (7, 1): _Layout(
        "usnat", f"{_NATIONAL} {_SENSITIVE}12 {_CHILD}*2 personal_data_consents {_MSPA}"
    ),
    (7, 2): _Layout(
        "usnat", f"{_NATIONAL} {_SENSITIVE}16 {_CHILD}*3 personal_data_consents {_MSPA}"
    ),
    (8, 1): _Layout(
        "usca",
        "sale_opt_out_notice sharing_opt_out_notice sensitive_data_limit_use_notice sale_opt_out"
        f" sharing_opt_out {_SENSITIVE}9 {_CHILD}*2 personal_data_consents {_MSPA}",
    ),
    (9, 1): _state("usva", "sharing_notice", 8, _CHILD, second=_NONE),
    (10, 1): _state("usco", "sharing_notice", 7, _CHILD),
    (11, 1): _Layout(
        "usut",
        "sharing_notice sale_opt_out_notice targeted_advertising_opt_out_notice"
        " sensitive_data_processing_opt_out_notice sale_opt_out targeted_advertising_opt_out"
        f" {_SENSITIVE}8 {_CHILD} {_MSPA}",
        _NONE,
    ),
    (12, 1): _state("usct", "sharing_notice", 8, f"{_CHILD}*3"),
    (13, 1): _state("usfl", "processing_notice", 8, f"{_CHILD}*3 {_MORE}", second=_NONE),
    (14, 1): _state("usmt", "sharing_notice", 8, f"{_CHILD}*3 {_MORE}"),
    (15, 1): _state("usor", "processing_notice", 11, f"{_CHILD}*3 {_MORE}"),
    (16, 1): _state("ustx", "processing_notice", 8, f"{_CHILD} {_MORE}"),
    (17, 1): _state("usde", "processing_notice", 9, f"{_CHILD}*5 {_MORE}"),
    (18, 1): _Layout(
        "usia",
        "processing_notice sale_opt_out_notice targeted_advertising_opt_out_notice"
        " sensitive_data_opt_out_notice sale_opt_out targeted_advertising_opt_out"
        f" {_SENSITIVE}8 {_CHILD} {_MSPA}",
    ),
    (19, 1): _state("usne", "processing_notice", 8, f"{_CHILD} {_MORE}"),
    (20, 1): _state("usnh", "processing_notice", 8, f"{_CHILD}*3 {_MORE}"),
    (21, 1): _state("usnj", "processing_notice", 10, f"{_CHILD}*5 {_MORE}"),
    (22, 1): _state("ustn", "processing_notice", 8, f"{_CHILD} {_MORE}"),
    (23, 1): _state("usmn", "processing_notice", 8, f"{_CHILD} {_MORE}"),
    (24, 1): _Layout("usmd", f"{_HEAD} {_OPT_OUTS} {_MORE}"),
    (25, 1): _Layout("usin", _LATE, f"{_SENSITIVE}8"),
    (26, 1): _Layout("usky", _LATE, f"{_SENSITIVE}8"),
    (27, 1): _Layout("usri", _LATE, f"{_SENSITIVE}8"),
}
SECTIONS = frozenset(section for section, _ in LAYOUTS)


class UsSection(NamedTuple):
    """What one section says; `gpc` is None when it does not speak of Global Privacy Control."""

    section: int
    name: str
    version: int
    fields: dict[str, tuple[int, ...]]  # a plain field is a tuple of one
    gpc: bool | None


def us_section(section: int, text: str) -> UsSection:
    """Return what a section of `SECTIONS` says; raises `BrokenConsent`."""
    core, *others = [GppBits(part) for part in _parts(text)]
    version = core.take(6)
    if (layout := _layout(section, version, core)) is None:
        raise BrokenConsent("version_unknown")
    if len(others) > bool(layout.second):
        raise BrokenConsent("segment_unknown")
    fields = _fields(core, layout.core)
    gpc = None
    for segment in others:
        if layout.second == _GPC:
            gpc = _gpc(segment)
        else:
            fields |= _fields(segment, layout.second)
    return UsSection(section, layout.name, version, fields, gpc)


def _layout(section: int, version: int, core: GppBits) -> _Layout | None:
    """Return a version's layout; the national one grew before its version did."""
    known = LAYOUTS.get((section, version))
    if known is None or section != _NATIONAL_ID:
        return known
    is_short = core.size <= _SHORT_BITS or (version == 1 and core.is_blank_from(_FIRST_BITS))
    return LAYOUTS[section, 1 if is_short else 2]


def _parts(text: str) -> list[str]:
    parts = text.split(".")
    if not all(parts):
        raise BrokenConsent("segment_empty" if text else "empty")
    return parts


def _fields(bits: GppBits, layout: str) -> dict[str, tuple[int, ...]]:
    fields = {}
    for field in layout.split():
        name, _, many = field.partition("*")
        fields[name] = tuple(bits.take(2) for _ in range(int(many or 1)))
        if max(fields[name]) > _TWO_BITS_MAX:
            raise BrokenConsent("value_unknown")
    bits.close()
    return fields


def _gpc(bits: GppBits) -> bool:
    if bits.take(2) != 1:
        raise BrokenConsent("segment_unknown")
    gpc = bool(bits.take(1))
    bits.close()
    return gpc
