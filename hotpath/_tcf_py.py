"""The readable twin of the TC string decoder."""

from typing import NamedTuple

from hotpath.consent_string import BrokenConsent

TEXT_CHARS_MAX = 16_384
CONSENT, INTEREST, DISCLOSED, ALLOWED = range(4)
PURPOSES_MAX = 24
VERSION = 2
DISCLOSURE_POLICY = 5  # from this policy version on a string must say which vendors were shown
CONSENT_ONLY = frozenset({1, 3, 4, 5, 6})  # no legitimate interest since TCF 2.2
NOT_ALLOWED, REQUIRE_CONSENT, REQUIRE_INTEREST = range(3)
_SEGMENT_SECTIONS = {1: DISCLOSED, 2: ALLOWED}
_PUBLISHER_SEGMENT = 3
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_SIX = {character: f"{number:06b}" for number, character in enumerate(_ALPHABET)}

Ranges = list[tuple[int, int]]


class Restriction(NamedTuple):
    """A publisher's word on a purpose of some vendors: `kind` 0 not allowed, 1 consent, 2 LI."""

    purpose: int
    kind: int
    vendors: Ranges


class Bits:
    """A segment's bits, taken from the left."""

    def __init__(self, text: str) -> None:
        try:
            self._bits = "".join(_SIX[character] for character in text)
        except KeyError:
            raise BrokenConsent("not_base64url") from None
        self._at = 0

    @property
    def size(self) -> int:
        return len(self._bits)

    def is_blank_from(self, at: int) -> bool:
        """Return whether nothing but zeros stands at or after bit `at`."""
        return "1" not in self._bits[at:]

    def take(self, count: int) -> int:
        """Return the next `count` bits as a number, the first of them the highest."""
        until = self._at + count
        if until > len(self._bits):
            raise BrokenConsent("cut_short")
        taken = self._bits[self._at : until]
        self._at = until
        return int(taken or "0", 2)

    def mask(self, count: int) -> int:
        """Return the next `count` bits as a set: member n is bit n - 1."""
        number = self.take(count)
        return int(f"{number:0{count}b}"[::-1], 2) if count else 0

    def letters(self) -> str:
        return chr(65 + self.take(6)) + chr(65 + self.take(6))

    def close(self) -> None:
        """Allow nothing but padding after the last field."""
        if not self.is_blank_from(self._at):
            raise BrokenConsent("left_over")


class TcString:
    """A TC string, decoded and found whole; raises `BrokenConsent`."""

    def __init__(self, text: str) -> None:
        if not text:
            raise BrokenConsent("empty")
        if len(text) > TEXT_CHARS_MAX:
            raise BrokenConsent("too_long")
        parts = text.split(".")
        if not all(parts):
            raise BrokenConsent("segment_empty")
        core, *segments = [Bits(part) for part in parts]
        self._sections: list[Ranges | None] = [None, None, None, None]
        self.has_publisher = False
        self.publisher_consents = self.publisher_interests = 0
        self.custom_purposes = self.custom_consents = self.custom_interests = 0
        self._read_core(core)
        for segment in segments:
            self._read_segment(segment)

    def _read_core(self, core: Bits) -> None:
        version = core.take(6)
        if version != VERSION:
            raise BrokenConsent("version_1" if version == 1 else "version_unknown")
        self.created_ds = core.take(36)
        self.last_updated_ds = core.take(36)
        self.cmp_id = core.take(12)
        self.cmp_version = core.take(12)
        self.consent_screen = core.take(6)
        self.consent_language = core.letters()
        self.vendor_list_version = core.take(12)
        self.policy_version = core.take(6)
        self.is_service_specific = bool(core.take(1))
        self.use_non_standard_texts = bool(core.take(1))
        self.special_features = core.mask(12)
        self.purpose_consents = core.mask(PURPOSES_MAX)
        self.purpose_interests = core.mask(PURPOSES_MAX)
        self.purpose_one_treatment = bool(core.take(1))
        self.publisher_country = core.letters()
        self._sections[CONSENT] = fixed_vendors(core)
        self._sections[INTEREST] = fixed_vendors(core)
        self._restrictions = [_restriction(core) for _ in range(core.take(12))]
        core.close()

    def _read_segment(self, segment: Bits) -> None:
        kind = segment.take(3)
        if kind == _PUBLISHER_SEGMENT:
            if self.has_publisher:
                raise BrokenConsent("segment_repeated")
            self._read_publisher(segment)
        elif (section := _SEGMENT_SECTIONS.get(kind)) is None:
            raise BrokenConsent("segment_unknown")
        elif self._sections[section] is not None:
            raise BrokenConsent("segment_repeated")
        else:
            self._sections[section] = fixed_vendors(segment)
        segment.close()

    def _read_publisher(self, segment: Bits) -> None:
        self.has_publisher = True
        self.publisher_consents = segment.mask(PURPOSES_MAX)
        self.publisher_interests = segment.mask(PURPOSES_MAX)
        self.custom_purposes = segment.take(6)
        self.custom_consents = segment.mask(self.custom_purposes)
        self.custom_interests = segment.mask(self.custom_purposes)

    def vendors(self, section: int) -> Ranges | None:
        """Return the section's vendors as (first, last); None when the string lacks it."""
        return self._sections[section]

    def restrictions(self) -> list[Restriction]:
        """Return what the publisher restricts, in the order written."""
        return self._restrictions

    def consents(self, purpose: int, vendor: int) -> bool:
        """Return whether the person said yes to this purpose of this vendor."""
        return (
            _has(self.purpose_consents, purpose)
            and _within(self._sections[CONSENT], vendor)
            and self._is_disclosed(vendor)
            and not self._is_restricted(purpose, vendor, REQUIRE_INTEREST)
        )

    def interests(self, purpose: int, vendor: int) -> bool:
        """Return whether a legitimate interest was disclosed and not objected to."""
        return (
            purpose not in CONSENT_ONLY
            and _has(self.purpose_interests, purpose)
            and _within(self._sections[INTEREST], vendor)
            and self._is_disclosed(vendor)
            and not self._is_restricted(purpose, vendor, REQUIRE_CONSENT)
        )

    def _is_disclosed(self, vendor: int) -> bool:
        disclosed = self._sections[DISCLOSED]
        if disclosed is None:
            return self.policy_version < DISCLOSURE_POLICY
        return _within(disclosed, vendor)

    def _is_restricted(self, purpose: int, vendor: int, kind: int) -> bool:
        return any(
            restriction.purpose == purpose
            and restriction.kind in {NOT_ALLOWED, kind}
            and _within(restriction.vendors, vendor)
            for restriction in self._restrictions
        )


def permits(text: str, purpose: int, vendor: int) -> bool:
    """Return whether the string says yes to this purpose of this vendor; no if it is broken."""
    try:
        return TcString(text).consents(purpose, vendor)
    except BrokenConsent:
        return False


def fixed_vendors(bits: Bits) -> Ranges:
    """Read a vendor section: a bit for each up to the highest, or ranges."""
    highest = bits.take(16)
    if bits.take(1):
        return fixed_ranges(bits, highest)
    return runs(bits.mask(highest))


def fixed_ranges(bits: Bits, highest: int) -> Ranges:
    """Read counted ranges of 16-bit ids, none above `highest`."""
    ranges = []
    for _ in range(bits.take(12)):
        is_range = bits.take(1)
        first = bits.take(16)
        last = bits.take(16) if is_range else first
        if not first:
            raise BrokenConsent("vendor_zero")
        if last < first:
            raise BrokenConsent("range_backwards")
        if last > highest:
            raise BrokenConsent("vendor_beyond_max")
        ranges.append((first, last))
    return ranges


def runs(members: int) -> Ranges:
    """Return the runs of members that stand next to each other."""
    runs = []
    first = 0
    for number, bit in enumerate(f"{members:b}0"[::-1][1:] + "0", start=1):
        if bit == "1" and not first:
            first = number
        elif bit == "0" and first:
            runs.append((first, number - 1))
            first = 0
    return runs


def _restriction(bits: Bits) -> Restriction:
    purpose, kind = bits.take(6), bits.take(2)
    if not 1 <= purpose <= PURPOSES_MAX or kind > REQUIRE_INTEREST:
        raise BrokenConsent("restriction_unknown")
    return Restriction(purpose, kind, fixed_ranges(bits, 0xFFFF))


def _has(members: int, number: int) -> bool:
    return 1 <= number <= PURPOSES_MAX and bool(members >> (number - 1) & 1)


def _within(ranges: Ranges | None, vendor: int) -> bool:
    return any(first <= vendor <= last for first, last in ranges or ())
