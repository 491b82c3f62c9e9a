# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The compiled twin of `_tcf_py`: one buffer of bits, and vendors looked up where they lie."""

from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.stdint cimport int8_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memchr, memset

from hotpath._tcf_py import Restriction
from hotpath.consent_string import BrokenConsent

cdef extern from "Python.h":
    int PyUnicode_IS_ASCII(object text)

cdef enum:
    TEXT_CHARS_MAX = 16_384
    SLACK = 16  # reading whole words may look a little past the last bit
    PARTS_MAX = 8
    CONSENT = 0
    INTEREST = 1
    DISCLOSED = 2
    ALLOWED = 3
    PURPOSES_MAX = 24
    DISCLOSURE_POLICY = 5
    NOT_ALLOWED = 0
    REQUIRE_CONSENT = 1
    REQUIRE_INTEREST = 2
    CONSENT_ONLY = 0b111101  # purposes 1, 3, 4, 5, 6

cdef const char *ALPHABET = (
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
)
cdef int8_t SIX[256]


cdef void spell() noexcept:
    cdef int number
    memset(SIX, -1, 256)
    for number in range(64):
        SIX[<uint8_t>ALPHABET[number]] = <int8_t>number

spell()


cdef bint six_by_six(const uint8_t *letters, Py_ssize_t length, uint8_t *to) noexcept:
    # Packs six bits a letter; returns whether one of them is no base64url.
    cdef Py_ssize_t at
    cdef int wrong = 0, left, one, two, three, four
    for at in range(0, length - 3, 4):
        one = SIX[letters[at]]
        two = SIX[letters[at + 1]]
        three = SIX[letters[at + 2]]
        four = SIX[letters[at + 3]]
        wrong |= one | two | three | four
        to[0] = <uint8_t>(one << 2 | two >> 4)
        to[1] = <uint8_t>(two << 4 | three >> 2)
        to[2] = <uint8_t>(three << 6 | four)
        to += 3
    at = length & ~3
    left = length & 3
    if left:
        one = SIX[letters[at]]
        two = SIX[letters[at + 1]] if left > 1 else 0
        three = SIX[letters[at + 2]] if left > 2 else 0
        wrong |= one | two | three
        to[0] = <uint8_t>(one << 2 | two >> 4)
        if left > 1:
            to[1] = <uint8_t>(two << 4 | three >> 2)
        if left > 2:
            to[2] = <uint8_t>(three << 6)
    return wrong < 0


cdef struct Vendors:
    bint present
    bint in_ranges
    int count  # the highest vendor of a bit field, or how many ranges
    Py_ssize_t at


cdef class TcString:
    """A TC string, decoded and found whole; raises `BrokenConsent`."""

    cdef uint8_t *_bytes
    cdef Py_ssize_t _at, _end
    cdef Vendors _sections[4]
    cdef int _restricted
    cdef Py_ssize_t _restricted_at
    cdef readonly uint64_t created_ds, last_updated_ds, custom_consents, custom_interests
    cdef readonly int cmp_id, cmp_version, consent_screen, vendor_list_version, policy_version
    cdef readonly uint32_t special_features, purpose_consents, purpose_interests
    cdef readonly uint32_t publisher_consents, publisher_interests
    cdef readonly int custom_purposes
    cdef readonly bint is_service_specific, use_non_standard_texts, purpose_one_treatment
    cdef readonly bint has_publisher
    cdef uint32_t _language, _country

    def __cinit__(self, str text not None):
        cdef Py_ssize_t size
        cdef Py_ssize_t starts[PARTS_MAX]
        cdef Py_ssize_t ends[PARTS_MAX]
        cdef int part, parts
        cdef const char *letters
        if not text:
            raise BrokenConsent("empty")
        if len(text) > TEXT_CHARS_MAX:
            raise BrokenConsent("too_long")
        if not PyUnicode_IS_ASCII(text):
            raise BrokenConsent("segment_empty" if "" in text.split(".") else "not_base64url")
        letters = PyUnicode_AsUTF8AndSize(text, &size)
        self._bytes = <uint8_t *>PyMem_Malloc(size + SLACK)
        if self._bytes is NULL:
            raise MemoryError
        parts = self.unpack(letters, size, starts, ends)
        self._at, self._end = starts[0], ends[0]
        self.read_core()
        for part in range(1, parts):
            self._at, self._end = starts[part], ends[part]
            self.read_segment()

    def __dealloc__(self):
        PyMem_Free(self._bytes)

    cdef int unpack(
        self, const char *letters, Py_ssize_t size, Py_ssize_t *starts, Py_ssize_t *ends
    ) except -1:
        # Writes each segment's bits from a byte of its own on; returns how many there are.
        cdef Py_ssize_t at = 0, to = 0, length
        cdef const char *dot
        cdef int parts = 0
        cdef bint strange = False
        while at <= size:
            dot = <const char *>memchr(letters + at, c".", size - at)
            length = size - at if dot is NULL else dot - letters - at
            if not length:
                raise BrokenConsent("segment_empty")
            if parts < PARTS_MAX:
                starts[parts] = to * 8
                ends[parts] = to * 8 + 6 * length
            parts += 1
            strange |= six_by_six(<const uint8_t *>letters + at, length, self._bytes + to)
            to += (6 * length + 7) // 8
            at += length + 1
        if strange:
            raise BrokenConsent("not_base64url")
        memset(self._bytes + to, 0, SLACK - 1)
        return parts if parts < PARTS_MAX else PARTS_MAX

    cdef uint64_t look(self, Py_ssize_t at, int count) noexcept:
        # Returns up to 36 bits without moving on.
        cdef const uint8_t *first = self._bytes + (at >> 3)
        cdef uint64_t word = (
            <uint64_t>first[0] << 56 | <uint64_t>first[1] << 48 | <uint64_t>first[2] << 40
            | <uint64_t>first[3] << 32 | <uint64_t>first[4] << 24 | <uint64_t>first[5] << 16
            | <uint64_t>first[6] << 8 | <uint64_t>first[7]
        )
        return word << (at & 7) >> (64 - count) if count else 0

    cdef int need(self, Py_ssize_t count) except -1:
        if self._at + count > self._end:
            raise BrokenConsent("cut_short")
        return 0

    cdef uint64_t take(self, int count) except? 0xFFFFFFFFFFFFFFFF:
        self.need(count)
        self._at += count
        return self.look(self._at - count, count)

    cdef uint64_t mask(self, int count) except? 0xFFFFFFFFFFFFFFFF:
        # Returns the next bits as a set: member n is bit n - 1.
        cdef uint64_t members = 0
        cdef int number
        self.need(count)
        for number in range(count):
            members |= self.look(self._at + number, 1) << number
        self._at += count
        return members

    cdef int close(self) except -1:
        while self._at < self._end:
            if self.look(self._at, 1):
                raise BrokenConsent("left_over")
            self._at += 1
        return 0

    cdef int read_core(self) except -1:
        cdef int version = <int>self.take(6), _number
        if version != 2:
            raise BrokenConsent("version_1" if version == 1 else "version_unknown")
        self.created_ds = self.take(36)
        self.last_updated_ds = self.take(36)
        self.cmp_id = <int>self.take(12)
        self.cmp_version = <int>self.take(12)
        self.consent_screen = <int>self.take(6)
        self._language = <uint32_t>self.take(12)
        self.vendor_list_version = <int>self.take(12)
        self.policy_version = <int>self.take(6)
        self.is_service_specific = self.take(1)
        self.use_non_standard_texts = self.take(1)
        self.special_features = <uint32_t>self.mask(12)
        self.purpose_consents = <uint32_t>self.mask(PURPOSES_MAX)
        self.purpose_interests = <uint32_t>self.mask(PURPOSES_MAX)
        self.purpose_one_treatment = self.take(1)
        self._country = <uint32_t>self.take(12)
        self.read_vendors(CONSENT)
        self.read_vendors(INTEREST)
        self._restricted = <int>self.take(12)
        self._restricted_at = self._at
        for _number in range(self._restricted):
            self.read_restriction()
        return self.close()

    cdef int read_segment(self) except -1:
        cdef int kind = <int>self.take(3)
        if kind == 3:
            if self.has_publisher:
                raise BrokenConsent("segment_repeated")
            self.read_publisher()
        elif kind == 1 or kind == 2:
            if self._sections[kind + 1].present:
                raise BrokenConsent("segment_repeated")
            self.read_vendors(kind + 1)
        else:
            raise BrokenConsent("segment_unknown")
        return self.close()

    cdef int read_publisher(self) except -1:
        self.has_publisher = True
        self.publisher_consents = <uint32_t>self.mask(PURPOSES_MAX)
        self.publisher_interests = <uint32_t>self.mask(PURPOSES_MAX)
        self.custom_purposes = <int>self.take(6)
        self.custom_consents = self.mask(self.custom_purposes)
        self.custom_interests = self.mask(self.custom_purposes)
        return 0

    cdef int read_vendors(self, int section) except -1:
        cdef int highest = <int>self.take(16)
        cdef Vendors *vendors = &self._sections[section]
        vendors.present = True
        vendors.in_ranges = self.take(1)
        if vendors.in_ranges:
            vendors.count = <int>self.take(12)
            vendors.at = self._at
            return self.read_ranges(vendors.count, highest)
        self.need(highest)
        vendors.count = highest
        vendors.at = self._at
        self._at += highest
        return 0

    cdef int read_ranges(self, int count, int highest) except -1:
        cdef int _number
        cdef uint32_t first, last
        cdef uint64_t entry
        for _number in range(count):
            self.need(17)
            entry = self.look(self._at, 33)
            first = last = <uint32_t>(entry >> 16) & 0xFFFF
            if entry >> 32:
                self.need(33)
                last = <uint32_t>entry & 0xFFFF
            self._at += 33 if entry >> 32 else 17
            if not first:
                raise BrokenConsent("vendor_zero")
            if last < first:
                raise BrokenConsent("range_backwards")
            if last > <uint32_t>highest:
                raise BrokenConsent("vendor_beyond_max")
        return 0

    cdef int read_restriction(self) except -1:
        cdef int purpose = <int>self.take(6), kind = <int>self.take(2)
        if not 1 <= purpose <= PURPOSES_MAX or kind > REQUIRE_INTEREST:
            raise BrokenConsent("restriction_unknown")
        return self.read_ranges(<int>self.take(12), 0xFFFF)

    cdef bint in_ranges(self, Py_ssize_t *at, int count, int vendor) noexcept:
        # Whether one of the ranges at `at` holds the vendor; leaves `at` behind the last of them.
        cdef int _number, first, last
        cdef uint64_t entry
        cdef bint found = False
        for _number in range(count):
            entry = self.look(at[0], 33)
            first = <int>(entry >> 16) & 0xFFFF
            last = <int>entry & 0xFFFF if entry >> 32 else first
            at[0] += 33 if entry >> 32 else 17
            found |= first <= vendor <= last
        return found

    cdef bint within(self, int section, int vendor) noexcept:
        cdef Vendors *vendors = &self._sections[section]
        cdef Py_ssize_t at = vendors.at
        if not vendors.present or vendor < 1:
            return False
        if vendors.in_ranges:
            return self.in_ranges(&at, vendors.count, vendor)
        return vendor <= vendors.count and self.look(at + vendor - 1, 1)

    cdef bint is_disclosed(self, int vendor) noexcept:
        if self._sections[DISCLOSED].present:
            return self.within(DISCLOSED, vendor)
        return self.policy_version < DISCLOSURE_POLICY

    cdef bint is_restricted(self, int purpose, int vendor, int kind) noexcept:
        cdef Py_ssize_t at = self._restricted_at
        cdef int _number, said_of, said
        for _number in range(self._restricted):
            said_of = <int>self.look(at, 6)
            said = <int>self.look(at + 6, 2)
            at += 20
            if self.in_ranges(&at, <int>self.look(at - 12, 12), vendor):
                if said_of == purpose and (said == NOT_ALLOWED or said == kind):
                    return True
        return False

    cdef bint consents_to(self, int purpose, int vendor) noexcept:
        return (
            1 <= purpose <= PURPOSES_MAX
            and self.purpose_consents >> (purpose - 1) & 1
            and self.within(CONSENT, vendor)
            and self.is_disclosed(vendor)
            and not self.is_restricted(purpose, vendor, REQUIRE_INTEREST)
        )

    def consents(self, int purpose, int vendor):
        """Return whether the person said yes to this purpose of this vendor."""
        return self.consents_to(purpose, vendor)

    def interests(self, int purpose, int vendor):
        """Return whether a legitimate interest was disclosed and not objected to."""
        return (
            1 <= purpose <= PURPOSES_MAX
            and not CONSENT_ONLY >> (purpose - 1) & 1
            and bool(self.purpose_interests >> (purpose - 1) & 1)
            and self.within(INTEREST, vendor)
            and self.is_disclosed(vendor)
            and not self.is_restricted(purpose, vendor, REQUIRE_CONSENT)
        )

    @property
    def consent_language(self):
        return chr(65 + (self._language >> 6)) + chr(65 + (self._language & 63))

    @property
    def publisher_country(self):
        return chr(65 + (self._country >> 6)) + chr(65 + (self._country & 63))

    def vendors(self, int section):
        """Return the section's vendors as (first, last); None when the string lacks it."""
        if not 0 <= section <= ALLOWED:
            raise IndexError(section)
        cdef Vendors *vendors = &self._sections[section]
        cdef Py_ssize_t at = vendors.at
        if not vendors.present:
            return None
        return self.ranges(&at, vendors.count) if vendors.in_ranges else self.runs(vendors)

    def restrictions(self):
        """Return what the publisher restricts, in the order written."""
        cdef Py_ssize_t at = self._restricted_at
        cdef int _number, purpose, kind
        cdef list found = []
        for _number in range(self._restricted):
            purpose = <int>self.look(at, 6)
            kind = <int>self.look(at + 6, 2)
            at += 20
            vendors = self.ranges(&at, <int>self.look(at - 12, 12))
            found.append(Restriction(purpose, kind, vendors))
        return found

    cdef list ranges(self, Py_ssize_t *at, int count):
        cdef list found = []
        cdef int _number, first
        for _number in range(count):
            first = <int>self.look(at[0] + 1, 16)
            if self.look(at[0], 1):
                found.append((first, <int>self.look(at[0] + 17, 16)))
                at[0] += 33
            else:
                found.append((first, first))
                at[0] += 17
        return found

    cdef list runs(self, Vendors *vendors):
        cdef list found = []
        cdef int number, first = 0
        for number in range(1, vendors.count + 1):
            if self.look(vendors.at + number - 1, 1):
                if not first:
                    first = number
            elif first:
                found.append((first, number - 1))
                first = 0
        if first:
            found.append((first, vendors.count))
        return found


def permits(str text not None, int purpose, int vendor):
    """Return whether the string says yes to this purpose of this vendor; no if it is broken."""
    try:
        return (<TcString>TcString(text)).consents_to(purpose, vendor)
    except BrokenConsent:
        return False
