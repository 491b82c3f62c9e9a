"""The section of TCF Canada in a GPP string, where consent is express or implied.

Source: IAB Tech Lab, "Global Privacy Platform, Sections, TCF Canada", version 1. Vendors are
Fibonacci ranges there. Encoders before 2026 wrote the fixed ranges of TCF Europe instead; what
does not read as the one is read as the other.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from hotpath._tcf_py import PURPOSES_MAX, Ranges, Restriction, fixed_ranges, fixed_vendors, runs
from hotpath.consent_string import BrokenConsent
from hotpath.gpp_bits import GppBits

VERSION = 1
_DISCLOSED, _PUBLISHER = 1, 3
_RESTRICTION_MAX = 2

T = TypeVar("T")
Vendors = Callable[[GppBits], Ranges]


class TcfCaCore(NamedTuple):
    """Sets have member n in bit n - 1; times are tenths of a second since 1970, UTC."""

    created_ds: int
    last_updated_ds: int
    cmp_id: int
    cmp_version: int
    consent_screen: int
    consent_language: str
    vendor_list_version: int
    policy_version: int
    use_non_standard_stacks: bool
    special_features: int
    purpose_express: int
    purpose_implied: int
    vendor_express: Ranges
    vendor_implied: Ranges
    restrictions: list[Restriction]


class TcfCaPublisher(NamedTuple):
    """The publisher's own purposes, with `custom_purposes` of its own making."""

    express: int
    implied: int
    custom_purposes: int
    custom_express: int
    custom_implied: int


class TcfCa(NamedTuple):
    core: TcfCaCore
    publisher: TcfCaPublisher | None
    disclosed: Ranges | None


def tcf_ca(text: str) -> TcfCa:
    """Return what the section says; raises `BrokenConsent`."""
    core, *segments = text.split(".")
    if not core or not all(segments):
        raise BrokenConsent("segment_empty")
    publisher, disclosed = None, None
    for segment in segments:
        kind = GppBits(segment).take(3)
        if kind == _PUBLISHER and publisher is None:
            publisher = _publisher(segment)
        elif kind == _DISCLOSED and disclosed is None:
            disclosed = _either(_disclosed, segment)
        else:
            known = kind in {_PUBLISHER, _DISCLOSED}
            raise BrokenConsent("segment_repeated" if known else "segment_unknown")
    return TcfCa(_either(_core, core), publisher, disclosed)


def _either(read: Callable[[str, Vendors, Vendors], T], text: str) -> T:
    try:
        return read(text, _fibonacci_vendors, _fibonacci_vendors)
    except BrokenConsent as broken:
        try:
            return read(text, fixed_vendors, _fixed_ranges)
        except BrokenConsent:
            raise broken from None


def _core(text: str, vendors: Vendors, restricted: Vendors) -> TcfCaCore:
    bits = GppBits(text)
    if bits.take(6) != VERSION:
        raise BrokenConsent("version_unknown")
    core = TcfCaCore(
        created_ds=bits.take(36),
        last_updated_ds=bits.take(36),
        cmp_id=bits.take(12),
        cmp_version=bits.take(12),
        consent_screen=bits.take(6),
        consent_language=bits.letters(),
        vendor_list_version=bits.take(12),
        policy_version=bits.take(6),
        use_non_standard_stacks=bool(bits.take(1)),
        special_features=bits.mask(12),
        purpose_express=bits.mask(PURPOSES_MAX),
        purpose_implied=bits.mask(PURPOSES_MAX),
        vendor_express=vendors(bits),
        vendor_implied=vendors(bits),
        restrictions=[_restriction(bits, restricted) for _ in range(bits.take(12))],
    )
    bits.close()
    return core


def _restriction(bits: GppBits, vendors: Vendors) -> Restriction:
    purpose, kind = bits.take(6), bits.take(2)
    if not 1 <= purpose <= PURPOSES_MAX or kind > _RESTRICTION_MAX:
        raise BrokenConsent("restriction_unknown")
    return Restriction(purpose, kind, vendors(bits))


def _publisher(text: str) -> TcfCaPublisher:
    bits = GppBits(text)
    bits.take(3)
    express, implied = bits.mask(PURPOSES_MAX), bits.mask(PURPOSES_MAX)
    custom = bits.take(6)
    publisher = TcfCaPublisher(express, implied, custom, bits.mask(custom), bits.mask(custom))
    bits.close()
    return publisher


def _disclosed(text: str, vendors: Vendors, _: Vendors) -> Ranges:
    bits = GppBits(text)
    bits.take(3)
    disclosed = vendors(bits)
    bits.close()
    return disclosed


def _fibonacci_vendors(bits: GppBits) -> Ranges:
    """Read an OptimizedRange; its highest id is announced, which tells it from fixed ranges."""
    highest = bits.take(16)
    if not bits.take(1):
        return runs(bits.mask(highest))
    ranges = bits.fibonacci_ranges()
    if (ranges[-1][1] if ranges else 0) != highest:
        raise BrokenConsent("vendor_beyond_max")
    return ranges


def _fixed_ranges(bits: GppBits) -> Ranges:
    return fixed_ranges(bits, 0xFFFF)
