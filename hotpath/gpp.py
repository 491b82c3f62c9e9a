"""GPP strings: a header that announces sections, and what each section says.

Source: IAB Tech Lab, "Global Privacy Platform, Consent String Specification" 1.0, sections
"Header" and "Section ids": TCF Europe is 2, TCF Canada 5, US Privacy 6, the United States 7 on.
"""

from typing import NamedTuple

from hotpath.consent_string import BrokenConsent
from hotpath.gpp_bits import GppBits
from hotpath.tcf import TcString
from hotpath.tcf_ca import TcfCa, tcf_ca
from hotpath.us_privacy import UsPrivacy, us_privacy
from hotpath.us_sections import SECTIONS, UsSection, us_section

TEXT_CHARS_MAX = 32_768
TCF_EU, TCF_CA, US_PRIVACY = 2, 5, 6
_TYPE, _VERSION = 3, 1


class Gpp(NamedTuple):
    """What a GPP string says; `unknown` are sections that nobody had defined when we shipped."""

    tcf_eu: TcString | None
    tcf_ca: TcfCa | None
    us_privacy: UsPrivacy | None
    us: tuple[UsSection, ...]
    unknown: tuple[int, ...]


def gpp(text: str) -> Gpp:
    """Return what the string says; one broken section makes all of it `BrokenConsent`."""
    parts = sections(text)
    return Gpp(
        tcf_eu=TcString(parts[TCF_EU]) if TCF_EU in parts else None,
        tcf_ca=tcf_ca(parts[TCF_CA]) if TCF_CA in parts else None,
        us_privacy=us_privacy(parts[US_PRIVACY]) if US_PRIVACY in parts else None,
        us=tuple(us_section(section, parts[section]) for section in parts if section in SECTIONS),
        unknown=tuple(
            section
            for section in parts
            if section not in SECTIONS and section not in {TCF_EU, TCF_CA, US_PRIVACY}
        ),
    )


def sections(text: str) -> dict[int, str]:
    """Return the sections' texts by their ids; raises `BrokenConsent`."""
    if not text:
        raise BrokenConsent("empty")
    if len(text) > TEXT_CHARS_MAX:
        raise BrokenConsent("too_long")
    header, *parts = text.split("~")
    ids = _announced(header, upto=len(parts))
    if len(ids) != len(parts):
        raise BrokenConsent("sections_miscounted")
    if not all(parts):
        raise BrokenConsent("segment_empty")
    return dict(zip(ids, parts, strict=True))


def _announced(header: str, *, upto: int) -> list[int]:
    if not header:
        raise BrokenConsent("header_malformed")
    bits = GppBits(header)
    if bits.take(6) != _TYPE:
        raise BrokenConsent("header_malformed")
    if bits.take(6) != _VERSION:
        raise BrokenConsent("version_unknown")
    ids: list[int] = []
    for first, last in bits.fibonacci_ranges():
        if last - first >= upto:  # A short header may announce more than memory holds.
            raise BrokenConsent("sections_miscounted")
        ids += range(first, last + 1)
    bits.close()
    return ids
